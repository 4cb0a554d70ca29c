"""`/Users`: the people whom the directory keeps."""

from collections import defaultdict
from http import HTTPStatus
from uuid import UUID

from apps.accounts.models import Membership
from apps.common.errors import NotFound
from apps.common.types import JSONDict
from apps.directory import people
from apps.directory.models import KeptGroup, Person, PersonQuerySet
from apps.directory.scim.attributes import USER
from apps.directory.scim.endpoint import Answer, Call, endpoint
from apps.directory.scim.lists import piece
from apps.directory.scim.patching import patched
from apps.directory.scim.queries import USER_COLUMNS
from apps.directory.scim.reading import read_resource
from apps.directory.scim.representing import answer_with, chosen, leaves_out, of_person
from apps.directory.scim.versions import check_version, not_modified


def _list(call: Call) -> Answer:
    found = piece(call, _kept(call), USER_COLUMNS)
    groups = {} if leaves_out(call, "groups") else _groups_of(call, found.rows)
    shown = [chosen(call, of_person(call, each, groups.get(each.user_id, ()))) for each in found.rows]  # fmt: skip
    call.about = call.query.get("filter", "")
    return Answer(
        f"Found {found.total} {'person' if found.total == 1 else 'people'}.", found.told(shown)
    )


def _add(call: Call) -> Answer:
    document = read_resource(call.body(), USER)
    call.about = document["userName"]
    person = people.add(call.directory, document)
    state = "is kept by the directory now" if person.active else "is kept, and suspended"
    return _shown(call, person, f"{person.user} {state}.", HTTPStatus.CREATED)


def _get(call: Call, person_id: UUID) -> Answer:
    person = _find(call, person_id)
    return not_modified(call, person.version) or _shown(call, person, f"Read {person.user}.")


def _replace(call: Call, person_id: UUID) -> Answer:
    person = _find(call, person_id)
    return _changed(call, person, read_resource(call.body(), USER))


def _patch(call: Call, person_id: UUID) -> Answer:
    person = _find(call, person_id)
    return _changed(call, person, patched(person.document, call.body(), USER))


def _delete(call: Call, person_id: UUID) -> Answer:
    person = _find(call, person_id)
    people.remove(person)
    return Answer(f"{person.user.name} is no member any more.", status=HTTPStatus.NO_CONTENT)


def _changed(call: Call, before: Person, document: JSONDict) -> Answer:
    person = people.change(before, document)
    words = f"{person.user} was changed."
    if person.version == before.version:
        words = f"Nothing to change: {person.user} is so already."
    elif person.active != before.active:
        words = (
            f"{person.user} {'may sign in again' if person.user.is_active else 'was suspended'}."
        )
    return _shown(call, person, words)


def _shown(call: Call, person: Person, words: str, status: int = HTTPStatus.OK) -> Answer:
    groups = {} if leaves_out(call, "groups") else _groups_of(call, [person])
    body = of_person(call, person, groups.get(person.user_id, ()))
    return answer_with(call, body, words, status)


def _kept(call: Call) -> PersonQuerySet:
    return Person.objects.present().filter(directory=call.directory).select_related("user")


def _find(call: Call, person_id: UUID) -> Person:
    """Return a person of this directory. Raises NotFound for everybody else's, Versioned."""
    kept = _kept(call).filter(pk=person_id)
    person = (kept if call.reads else kept.select_for_update(of=("self",))).first()
    if person is None:
        raise NotFound("The directory keeps nobody of this id here.")
    call.about, person.directory = person.user_name, call.directory
    check_version(call, person.version)
    return person


def _groups_of(call: Call, rows: list[Person]) -> dict[UUID, list[KeptGroup]]:
    """Return the groups that people are in, by user."""
    held = Membership.objects.filter(
        user__in=[each.user_id for each in rows], group__kept__directory=call.directory
    ).select_related("group__kept")
    found: dict[UUID, list[KeptGroup]] = defaultdict(list)
    for membership in held:
        found[membership.user_id].append(membership.group.kept)
    return found


users = endpoint(GET=_list, POST=_add)
user = endpoint(GET=_get, PUT=_replace, PATCH=_patch, DELETE=_delete)
