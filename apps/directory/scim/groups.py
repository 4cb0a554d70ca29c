"""`/Groups`: the groups that the directory keeps."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.common.errors import NotFound
from apps.common.types import JSONDict
from apps.directory import groups as keeping
from apps.directory.models import KeptGroup, Person
from apps.directory.scim.attributes import GROUP
from apps.directory.scim.endpoint import Answer, Call, endpoint
from apps.directory.scim.lists import MOST, piece
from apps.directory.scim.patching import patched
from apps.directory.scim.queries import GROUP_COLUMNS, as_id
from apps.directory.scim.reading import read_resource
from apps.directory.scim.representing import answer_with, chosen, leaves_out, of_group
from apps.directory.scim.versions import check_version, not_modified

MOST_WITH_MEMBERS = 20


def _list(call: Call) -> Answer:
    most = MOST if leaves_out(call, "members") else MOST_WITH_MEMBERS
    found = piece(call, _kept(call), GROUP_COLUMNS, most=most)
    shown = [chosen(call, of_group(call, each, _people(call, each))) for each in found.rows]
    call.about = call.query.get("filter", "")
    return Answer(f"Found {found.total} group{'' if found.total == 1 else 's'}.", found.told(shown))


def _add(call: Call) -> Answer:
    document = read_resource(call.body(), GROUP)
    call.about = document["displayName"]
    members = _ids(document)
    kept = keeping.add(call.directory, document, members)
    return _shown(call, kept, f"{kept} is kept now, with {_counted(members)}.", HTTPStatus.CREATED)


def _get(call: Call, group_id: UUID) -> Answer:
    kept = _find(call, group_id)
    return not_modified(call, kept.version) or _shown(call, kept, f"Read {kept}.")


def _replace(call: Call, group_id: UUID) -> Answer:
    kept = _find(call, group_id)
    return _changed(call, kept, read_resource(call.body(), GROUP))


def _patch(call: Call, group_id: UUID) -> Answer:
    kept = _find(call, group_id)
    members = [{"value": str(each)} for each in keeping.members_of(kept)]
    document: JSONDict = {"displayName": kept.display_name, "externalId": kept.external_id, "members": members}  # fmt: skip
    return _changed(call, kept, patched(document, call.body(), GROUP))


def _delete(call: Call, group_id: UUID) -> Answer:
    kept = _find(call, group_id)
    keeping.remove(kept)
    return Answer(f"{kept} is deleted.", status=HTTPStatus.NO_CONTENT)


def _changed(call: Call, before: KeptGroup, document: JSONDict) -> Answer:
    members = _ids(document)
    kept = keeping.change(before, document, members)
    if kept.version == before.version:
        return _shown(call, kept, f"Nothing to change: {kept} is so already.")
    return _shown(call, kept, f"{kept} was changed, it has {_counted(members)}.")


def _shown(call: Call, kept: KeptGroup, words: str, status: int = HTTPStatus.OK) -> Answer:
    return answer_with(call, of_group(call, kept, _people(call, kept)), words, status)


def _kept(call: Call) -> "QuerySet[KeptGroup]":
    return KeptGroup.objects.filter(directory=call.directory).select_related("group")


def _find(call: Call, group_id: UUID) -> KeptGroup:
    """Return a group of this directory. Raises NotFound for everybody else's, Versioned."""
    found = _kept(call).filter(pk=group_id)
    kept = (found if call.reads else found.select_for_update(of=("self",))).first()
    if kept is None:
        raise NotFound("The directory keeps no group of this id here.")
    call.about, kept.directory = kept.display_name, call.directory
    check_version(call, kept.version)
    return kept


def _people(call: Call, kept: KeptGroup) -> Iterable[Person] | None:
    if leaves_out(call, "members"):
        return None
    inside = call.directory.people.present().filter(user__memberships__group=kept.group_id)
    return inside.select_related("user").order_by("pk")


def _ids(document: JSONDict) -> set[UUID]:
    """Return the ids of the members; what is no id is nobody's, and refused as such."""
    members: list[dict[str, Any]] = document.get("members", [])
    return {as_id(each["value"]) for each in members}


def _counted(members: set[UUID]) -> str:
    return f"{len(members)} member{'' if len(members) == 1 else 's'}"


groups = endpoint(GET=_list, POST=_add)
group = endpoint(GET=_get, PUT=_replace, PATCH=_patch, DELETE=_delete)
