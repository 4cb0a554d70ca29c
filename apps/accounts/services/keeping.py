"""What directories alone do to people and groups: many at a time, and what nobody else may change."""

from collections.abc import Collection

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from apps.accounts.exceptions import AlreadyMember
from apps.accounts.keepers import Keeper
from apps.accounts.models import Group, Membership, User
from apps.audit.services import record
from apps.common.errors import Forbidden

MOST_NAMED = 50


@transaction.atomic
def change_details(user: User, *, name: str, email: str, actor: Keeper) -> None:
    """Call somebody otherwise, or write to another address. Raises AlreadyMember, Forbidden.

    Owners stay as they are; repeating changes nothing.
    """
    before, after = {"name": user.name, "email": user.email}, {"name": name, "email": email.lower()}
    if before == after:
        return
    if user.role is not None and user.role.name == "owner":
        raise Forbidden
    user.name, user.email = after["name"], after["email"]
    try:
        with transaction.atomic():
            user.save(update_fields=["name", "email", "updated_at"])
    except IntegrityError as error:
        raise AlreadyMember from error
    if before["email"] != after["email"]:
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    record("member.details_changed", actor=actor, target=user, before=before, after=after)


@transaction.atomic
def change_people(
    group: Group, *, add: Collection[User], remove: Collection[User], actor: Keeper
) -> None:
    """Put people into a group and take others out, all with one entry; repeating changes nothing."""
    inside = set(group.memberships.values_list("user_id", flat=True))
    new = [user for user in add if user.pk not in inside]
    gone = [user for user in remove if user.pk in inside]
    if not new and not gone:
        return
    Membership.objects.bulk_create([Membership(group=group, user=user) for user in new])
    group.memberships.filter(user__in=gone).delete()
    record(
        "group.people_changed",
        actor=actor,
        target=group,
        before={"people": len(inside), "removed": _named(gone)},
        after={"people": len(inside) + len(new) - len(gone), "added": _named(new)},
    )


def _named(users: Collection[User]) -> list[str]:
    names = sorted(str(user) for user in users)
    rest = len(names) - MOST_NAMED
    return [*names[:MOST_NAMED], f"and {rest} more"] if rest > 0 else names
