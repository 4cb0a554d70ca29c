"""Four eyes: nobody decides on what is their own, what they made, or what a group of theirs holds."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.accounts.models import Membership, User
from apps.campaigns.exceptions import OwnRights
from apps.campaigns.models import Item, ItemQuerySet, Sort


def own(user: User) -> Q:
    """Match the items that are about somebody themselves, by what they hold now."""
    groups = Membership.objects.filter(user=user).values("group")
    shared = Q(holder_kind=Item.Holder.GROUP, holder__in=groups)
    return Q(holder=user.pk) | Q(maker=user.pk) | shared


def without_own(items: ItemQuerySet, user: User) -> ItemQuerySet:
    """Keep what is not about somebody themselves, now or at the moment of the campaign."""
    then = Item.objects.filter(sort=Sort.MEMBERSHIP, holder=user.pk)
    groups = [UUID(text) for text in set(then.values_list("signs__group", flat=True)) if text]
    return items.exclude(own(user)).exclude(holder_kind=Item.Holder.GROUP, holder__in=groups)


def check(item: Item, user: User) -> None:
    """Raise OwnRights for who would decide on what is their own."""
    if not without_own(Item.objects.filter(pk=item.pk), user).exists():
        raise OwnRights


class Memberships:
    """Which groups some people are in, read once, for many rights."""

    def __init__(self, users: Any) -> None:
        self._of: dict[UUID, set[UUID]] = {}
        pairs = Membership.objects.filter(user__in=users).values_list("user_id", "group_id")
        for user, group in pairs:
            self._of.setdefault(user, set()).add(group)

    def concern(self, holder_kind: str, holder: UUID, maker: UUID | None, user: UUID) -> bool:
        """Tell whether a right is somebody's own."""
        if holder_kind == Item.Holder.GROUP:
            return holder in self._of.get(user, ())
        return user in (holder, maker)
