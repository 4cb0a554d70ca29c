"""Workflows that answer as models: who may ask which, and the way to what carries them.

Workflows and runs live above. Who has them registers them here; a call then finds a plan with one
target, and goes the way of every call.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.accounts.models import ApiKey, User
from apps.gateway.asks import Ask, Source
from apps.gateway.calls import WORKFLOW, Patience, Upstream
from apps.gateway.models import VirtualKey
from apps.gateway.targets.legs import ADAPTERS
from apps.gateway.targets.router import Plan, Target
from apps.gateway.upstreams.answers import Answer
from apps.tenants.database import query

PREFIX = "workflow/"
# A run says its first word when a step does; the deadline of the whole call stays.
PATIENCE = Patience(first_token_s=600, between_s=600)


@dataclass(frozen=True)
class Callee:
    """A workflow that can be asked, by its published version."""

    slug: str
    name: str
    version: int
    published_at: datetime

    @property
    def model(self) -> str:
        """What a call names."""
        return f"{PREFIX}{self.slug}"


class Workflows(Protocol):
    """What is asked about workflows, and the adapter that carries a call to one."""

    def find(self, slug: str, actor: User) -> Callee | None:
        """Return a workflow that somebody may run; None where there is none for them."""
        ...

    def callable_by(self, actor: User) -> list[Callee]:
        """Return all that somebody may run."""
        ...

    def opened(self, ask: Ask, upstream: Upstream) -> AbstractAsyncContextManager[Answer]:
        """Run the workflow that `upstream.model` names, in the name of `actor_of(ask)`."""
        ...


_workflows: list[Workflows] = []


def register(known: Workflows) -> None:
    """Say who knows the workflows. For `AppConfig.ready()`."""
    _workflows[:] = [known]
    ADAPTERS[WORKFLOW] = known.opened


def is_workflow(model: str) -> bool:
    """Tell whether a name is that of a workflow, if of anything."""
    return model.startswith(PREFIX)


async def plan_of(model: str, source: Source) -> Plan | None:
    """Return the way to a workflow; None where there is none that may be asked."""
    found = await query(_asked, model, source)
    if found is None:
        return None
    upstream = Upstream("workflow", WORKFLOW, found.slug, patience=PATIENCE)
    return Plan(found.model, found.version, (Target(upstream),))


async def listed(source: Source, names: frozenset[str] | None) -> list[Callee]:
    """Return what may be asked; `names`: only these, where a key has terms."""
    return await query(_listed, source, names)


def find(model: str, actor: User) -> Callee | None:
    """Return the workflow that a name leads somebody to."""
    if not is_workflow(model):
        return None
    return _first(lambda known: known.find(model.removeprefix(PREFIX), actor))


def callable_by(actor: User) -> list[Callee]:
    """Return what somebody may ask."""
    return [each for known in _workflows for each in known.callable_by(actor)]


def actor_of(source: Source, model: str) -> User | None:
    """Return in whose name a workflow runs: the key's person with the rights of the key.

    A key with terms asks models and nothing else; where its terms name a workflow, whoever set them
    answers for it.
    """
    if source.key_id is None:
        person: User | None = User.objects.filter(pk=source.user_id, is_active=True).first()
        return person
    keys = ApiKey.objects.usable().select_related("user", "role", "virtual__vouched_by")
    key = keys.filter(pk=source.key_id).first()
    terms: VirtualKey | None = getattr(key, "virtual", None)
    if terms is not None:
        return terms.vouched_by if model in (terms.routes or ()) else None
    if key is None:
        return None
    user: User = key.user
    user.acting_key = key
    return user


def _asked(model: str, source: Source) -> Callee | None:
    actor = actor_of(source, model)
    return find(model, actor) if actor is not None else None


def _listed(source: Source, names: frozenset[str] | None) -> list[Callee]:
    if names is not None:
        found = (_asked(name, source) for name in sorted(names))
        return [each for each in found if each is not None]
    actor = actor_of(source, "")
    return callable_by(actor) if actor is not None else []


def _first(ask: Callable[[Workflows], Callee | None]) -> Callee | None:
    return next((found for known in _workflows if (found := ask(known))), None)
