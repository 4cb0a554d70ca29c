"""What the gateway asks about workflows that answer as models."""

from contextlib import AbstractAsyncContextManager

from apps.accounts.models import User
from apps.gateway.asks import Ask
from apps.gateway.calls import Upstream
from apps.gateway.upstreams.answers import Answer
from apps.gateway.workflow_models import Callee
from apps.runs.as_model import adapter, callees


class WorkflowModels:
    """Published workflows as models."""

    def find(self, slug: str, actor: User) -> Callee | None:
        """Return one that somebody may run."""
        return callees.find(slug, actor)

    def callable_by(self, actor: User) -> list[Callee]:
        """Return all that somebody may run."""
        return callees.callable_by(actor)

    def opened(self, ask: Ask, upstream: Upstream) -> AbstractAsyncContextManager[Answer]:
        """Run one."""
        return adapter.opened(ask, upstream)
