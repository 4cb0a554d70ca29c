"""What a budget can be of: how it is called, who may name it, and what a call belongs to.

Keys, members and folders are known here. Workflows live above: who has them registers them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol, Self
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts import policies
from apps.accounts.models import ApiKey, Folder, User
from apps.gateway.asks import Source
from apps.gateway.models import Budget

Scope = Budget.Scope
WHOLE = "Workspace"
MOST_OFFERED = 500


@dataclass(frozen=True)
class Payer:
    """On whose account a call goes: of each scope at most one thing, and the folders it lies in."""

    workflow_id: UUID | None = None
    member_id: UUID | None = None
    key_id: UUID | None = None

    @classmethod
    def of(cls, source: Source) -> Self:
        """Return who pays for a call: its workflow, its key, and the person on whose behalf it goes."""
        return cls(source.workflow_id, source.user_id, source.key_id)


class Workflows(Protocol):
    """What is asked about workflows."""

    def visible(self, actor: User) -> QuerySet[Any]:
        """Return those that somebody may see."""
        ...

    def names(self, ids: Collection[UUID]) -> dict[UUID, str]:
        """Return how they are called."""
        ...

    def paths(self, ids: Collection[UUID]) -> dict[UUID, str]:
        """Return the paths of the folders in which they lie; those outside of folders are left out."""
        ...

    def within(self, path: str) -> QuerySet[Any]:
        """Return those that lie in the folder of a path or deeper, those in the bin too."""
        ...

    def seen(self, actor: User) -> QuerySet[Any]:
        """Return those that somebody may see, those in the bin too."""
        ...


_workflows: list[Workflows] = []


def register_workflows(known: Workflows) -> None:
    """Say who knows the workflows."""
    _workflows[:] = [known]


def choices(scope: str, actor: User) -> list[tuple[UUID, str]]:
    """Return what somebody may set a budget for, by name."""
    found = [(row.pk, str(row)) for row in _rows(scope, actor)[:MOST_OFFERED]]
    return sorted(found, key=lambda pair: pair[1].lower())


def find(scope: str, subject: UUID | None, actor: User) -> tuple[str, Folder | None] | None:
    """Return name and folder of what a budget is to be of; None where the actor sees no such thing."""
    if scope == Scope.WORKSPACE:
        return None if subject else (WHOLE, None)
    found = _rows(scope, actor).filter(pk=subject).first() if subject else None
    if found is None:
        return None
    return str(found), found if isinstance(found, Folder) else None


def names(scope: str, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return how things are called now; those that are gone are left out."""
    if scope == Scope.WORKFLOW:
        return _workflows[0].names(ids) if _workflows else {}
    rows = {
        Scope.FOLDER.value: Folder.objects.all(),
        Scope.KEY.value: ApiKey.objects.all(),
        Scope.MEMBER.value: User.objects.all(),
    }.get(scope)
    return {} if rows is None else {row.pk: str(row) for row in rows.filter(pk__in=ids)}


def paths_of(ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the paths of the folders in which workflows lie; those outside of folders are left out."""
    return _workflows[0].paths(ids) if _workflows else {}


def workflows_in(path: str) -> QuerySet[Any] | list[UUID]:
    """Return the ids of the workflows that lie in the folder of a path or deeper."""
    return _workflows[0].within(path).values("pk") if _workflows else []


def seen_workflows(actor: User) -> QuerySet[Any]:
    """Return the workflows that somebody may see, those in the bin too."""
    return _workflows[0].seen(actor) if _workflows else Budget.objects.none()


def _rows(scope: str, actor: User) -> QuerySet[Any]:
    if scope == Scope.FOLDER:
        return policies.visible(actor, Folder.objects.order_by("name"))
    if scope == Scope.MEMBER:
        active = User.objects.filter(Q(removed_at=None), is_active=True)
        return policies.visible(actor, active.order_by("name"))
    if scope == Scope.KEY:
        return policies.visible(actor, ApiKey.objects.filter(revoked_at=None).order_by("name"))
    return _workflows[0].visible(actor) if _workflows else Budget.objects.none()
