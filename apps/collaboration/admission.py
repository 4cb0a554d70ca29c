"""Who may be in a room: asked before the first byte, and again every few seconds."""

from dataclasses import dataclass
from uuid import UUID

from apps.accounts import policies
from apps.accounts.api.authentication import user_of_key_id, user_of_session
from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.tenants.context import current_tenant
from apps.tenants.hosts import is_served
from apps.workflows.models import Workflow
from apps.workflows.presence import identity_of

SIGNED_OUT, NOT_ALLOWED = 4401, 4403


class NotLetIn(Exception):
    """Somebody may not be here, or not any more; the code says why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Pass:
    """By what somebody comes in: a browser's session, or the key that a ticket was asked for with."""

    session: str | None = None
    key_id: UUID | None = None
    address: str = ""  # that the socket comes from

    def holder(self) -> User | None:
        """Return whose pass it is now; None once it is over."""
        if self.key_id is not None:
            return user_of_key_id(self.key_id, self.address)
        return user_of_session(self.session) if self.session else None


@dataclass(frozen=True)
class Standing:
    """What somebody is in a room."""

    author_id: UUID
    identity: JSONDict
    may_edit: bool
    principal: str


def standing_of(holder_of: Pass, workflow_id: UUID) -> Standing:
    """Return what somebody may do with a draft now. Raises NotLetIn.

    What is not there, what is in the bin and what one may not see are the same.
    """
    user = holder_of.holder()
    if user is None or not is_served(current_tenant()):
        raise NotLetIn(SIGNED_OUT)
    rows = Workflow.objects.filter(pk=workflow_id, deleted_at=None).select_related("folder")
    workflow = policies.visible(user, rows).only("folder").first()
    if workflow is None:
        raise NotLetIn(NOT_ALLOWED)
    may_edit = policies.allows(user, "edit", workflow)
    return Standing(user.pk, identity_of(user), may_edit, user.principal)
