"""Groups as a directory keeps them, and what being in them brings."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from apps.accounts.exceptions import GroupExists
from apps.accounts.models import User
from apps.accounts.services import change_people, create_group, delete_group, rename_group
from apps.common.ids import uuid7
from apps.common.types import JSONDict
from apps.directory import following
from apps.directory.exceptions import InvalidValue, NotUnique
from apps.directory.models import Directory, KeptGroup

SHOWN_NAME = 80


@transaction.atomic
def add(directory: Directory, document: JSONDict, members: Collection[UUID]) -> KeptGroup:
    """Keep a new group. Raises NotUnique, InvalidValue, BeyondCap."""
    kept_id = uuid7()
    name = document["displayName"]
    try:
        group = create_group(name=name[:SHOWN_NAME], external_id=str(kept_id), actor=directory)
    except GroupExists as error:
        raise NotUnique(f"There is a group named {name[:100]} here already.") from error
    kept = KeptGroup.objects.create(
        pk=kept_id,
        directory=directory,
        group=group,
        display_name=name,
        external_id=document.get("externalId", ""),
    )
    _change_people(kept, set(members), set())
    return kept


@transaction.atomic
def change(kept: KeptGroup, document: JSONDict, members: Collection[UUID]) -> KeptGroup:
    """Keep what the directory says now; what it says again changes nothing.

    Raises NotUnique, InvalidValue, BeyondCap.
    """
    kept = _locked(kept)
    before = members_of(kept)
    add, remove = set(members) - before, before - set(members)
    renamed = _rename(kept, document)
    if not renamed and not add and not remove:
        return kept
    if renamed and before - remove:
        following.check_may_carry(kept)
    _change_people(kept, add, remove)
    if renamed:  # also for those who left just now: the rule may name the group as it was called
        following.follow(kept.directory, _users(kept.directory, before))
    kept.version += 1
    kept.save(update_fields=["version", "updated_at"])
    return kept


@transaction.atomic
def remove(kept: KeptGroup) -> None:
    """Delete a group; its people lose what it brought."""
    kept = _locked(kept)
    people = list(kept.group.members.all())
    directory, carried = kept.directory, following.brings_roles(kept)
    delete_group(kept.group, actor=directory)
    if carried:
        following.follow(directory, people)


def members_of(kept: KeptGroup) -> set[UUID]:
    """Return the ids of the people in it, as the directory knows them."""
    people = kept.directory.people.present().filter(user__memberships__group=kept.group_id)
    return set(people.values_list("pk", flat=True))


def _locked(kept: KeptGroup) -> KeptGroup:
    groups = KeptGroup.objects.select_related("group").select_for_update(of=("self",))
    found = groups.get(pk=kept.pk)
    found.directory = kept.directory  # which knows through which token it acts
    return found


def _rename(kept: KeptGroup, document: JSONDict) -> bool:
    """Take over name and id of the directory; tell whether they are others now."""
    name, external_id = document["displayName"], document.get("externalId", "")
    if (name, external_id) == (kept.display_name, kept.external_id):
        return False
    if name[:SHOWN_NAME] != kept.group.name:
        try:
            rename_group(kept.group, name=name[:SHOWN_NAME], actor=kept.directory)
        except GroupExists as error:
            raise NotUnique(f"There is a group named {name[:100]} here already.") from error
    kept.display_name, kept.external_id = name, external_id
    kept.save(update_fields=["display_name", "external_id", "updated_at"])
    return True


def _change_people(kept: KeptGroup, add: set[UUID], remove: set[UUID]) -> None:
    """Put people in, which may bring no more than the directory may give, and take others out."""
    directory = kept.directory
    joining, leaving = _users(directory, add), _users(directory, remove)
    if len(joining) != len(add):
        raise InvalidValue("Some members are nobody whom this directory keeps here.")
    if joining:
        following.check_may_carry(kept)
    change_people(kept.group, add=joining, remove=leaving, actor=directory)
    if following.brings_roles(kept):
        following.follow(directory, [*joining, *leaving])


def _users(directory: Directory, people: Collection[UUID]) -> list[User]:
    kept = directory.people.present().filter(pk__in=people).select_related("user").order_by("user")
    return [person.user for person in kept]
