"""Who is asked about a right: as the campaign says, but never about what is their own.

Where several can be asked, the holder's id chooses, so that all that one holder has goes to the
same reviewer and the work is shared.
"""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts import policies
from apps.accounts.models import RoleBinding, User
from apps.campaigns.independence import Memberships
from apps.campaigns.models import Terms
from apps.campaigns.rights import Right

MANAGES = "member.manage"


class Reviewers:
    """Knows the reviewers of one campaign; they are read once."""

    def __init__(self, terms: Terms) -> None:
        self._rings: list[tuple[str, list[UUID]]] = list(_rings(terms))
        owner = [terms.owner] if terms.owner and may_review(terms.owner) else []
        self._last = [user.pk for user in owner]
        everybody = {user for _, users in self._rings for user in users} | set(self._last)
        self._memberships = Memberships(everybody)

    def of(self, right: Right) -> UUID | None:
        """Return who is asked; None where nobody could be."""
        for users in self._near(right.path):
            able = [user for user in users if not self._concerns(right, user)]
            if able:
                return able[right.holder.int % len(able)]
        return None

    def _near(self, path: str) -> Iterator[list[UUID]]:
        """Yield those who look after a place, the nearest first, and the owner in the end."""
        for place, users in self._rings:
            if path.startswith(place):
                yield users
        yield self._last

    def _concerns(self, right: Right, user: UUID) -> bool:
        return self._memberships.concern(right.holder_kind, right.holder, right.maker, user)


def may_review(user: User) -> bool:
    """Tell whether somebody can be asked at all."""
    is_here = user.is_active and user.removed_at is None and user.kind == User.Kind.HUMAN
    return is_here and policies.holds_anywhere(user, "campaign.decide")


def _rings(terms: Terms) -> Iterator[tuple[str, list[UUID]]]:
    """Yield places with who is asked about what lies in them, the deepest first."""
    if terms.reviewers == terms.Reviewers.MANAGERS:
        yield from _managers()
    elif terms.reviewers == terms.Reviewers.ROLE:
        held = RoleBinding.objects.filter(role=terms.reviewer_role)
        yield "", [user.pk for user in _able(held)]
    elif terms.reviewer is not None and may_review(terms.reviewer):
        yield "", [terms.reviewer.pk]


def _managers() -> Iterator[tuple[str, list[UUID]]]:
    """Yield who manages members, by the place on which they hold that."""
    places: dict[str, list[UUID]] = {}
    for user in _able(RoleBinding.objects.all()):
        for path in {held.path for held in user.bindings if MANAGES in held.role.allowed}:
            places.setdefault(path, []).append(user.pk)
    yield from sorted(places.items(), key=lambda place: -len(place[0]))


def _able(bindings: QuerySet[RoleBinding]) -> list[User]:
    found = User.objects.members().filter(is_active=True).holding(bindings)
    return [user for user in found.with_roles().order_by("pk") if may_review(user)]
