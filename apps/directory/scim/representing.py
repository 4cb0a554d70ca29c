"""Resources as they are sent: their documents with what is ours of them, and the parts asked for."""

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from apps.common.types import JSONDict
from apps.directory.exceptions import InvalidFilter, InvalidPath
from apps.directory.models import KeptGroup, Person
from apps.directory.scim.attributes import CORE_GROUP, CORE_USER, ENTERPRISE_USER
from apps.directory.scim.endpoint import Answer, Call
from apps.directory.scim.filters import Path, parse_path

ALWAYS = frozenset({"schemas", "id"})
MOST_NAMED = 50
CORE = frozenset({CORE_USER.lower(), CORE_GROUP.lower()})


def of_person(call: Call, person: Person, groups: Iterable[KeptGroup]) -> JSONDict:
    """Return a person."""
    document = person.document
    schemas = [CORE_USER, *([ENTERPRISE_USER] if ENTERPRISE_USER in document else [])]
    listed = [
        {"value": str(each.pk), "$ref": call.url(f"/Groups/{each.pk}"), "display": str(each), "type": "direct"}
        for each in groups
    ]  # fmt: skip
    return {
        "schemas": schemas,
        "id": str(person.pk),
        **document,
        **({"groups": listed} if listed else {}),
        "meta": _meta("User", call.url(f"/Users/{person.pk}"), person),
    }


def of_group(call: Call, kept: KeptGroup, people: Iterable[Person] | None) -> JSONDict:
    """Return a group; without people where nobody wants to know them."""
    shown: JSONDict = {
        "schemas": [CORE_GROUP],
        "id": str(kept.pk),
        **({"externalId": kept.external_id} if kept.external_id else {}),
        "displayName": kept.display_name,
        "meta": _meta("Group", call.url(f"/Groups/{kept.pk}"), kept),
    }
    if people is not None:
        shown["members"] = [
            {"value": str(each.pk), "$ref": call.url(f"/Users/{each.pk}"), "display": str(each.user), "type": "User"}
            for each in people
        ]  # fmt: skip
    return shown


def chosen(call: Call, resource: JSONDict) -> JSONDict:
    """Return the parts of a resource that the request asks for. Raises InvalidPath."""
    wanted, unwanted = _named(call, "attributes"), _named(call, "excludedattributes")
    if wanted:
        return {name: kept for name, value in resource.items() if (kept := _kept(name, value, wanted)) is not None}  # fmt: skip
    return {name: rest for name, value in resource.items() if (rest := _rest(name, value, unwanted)) is not None}  # fmt: skip


def answer_with(call: Call, resource: JSONDict, words: str, status: int = HTTPStatus.OK) -> Answer:
    """Return the answer that shows one resource, with its version and its address."""
    meta = resource["meta"]
    headers = {"ETag": meta["version"], "Location": meta["location"]}
    return Answer(words, chosen(call, resource), status, headers)


def leaves_out(call: Call, name: str) -> bool:
    """Tell whether an attribute need not be read at all."""
    wanted, unwanted = _named(call, "attributes"), _named(call, "excludedattributes")
    if wanted:
        return not any(path.name == name for path in wanted)
    return any(path.name == name and not path.sub for path in unwanted)


def tag(version: int) -> str:
    """Return the entity tag of a version."""
    return f'W/"{version}"'


def _meta(kind: str, location: str, row: Person | KeptGroup) -> JSONDict:
    return {
        "resourceType": kind,
        "created": _moment(row.created_at),
        "lastModified": _moment(row.updated_at),
        "location": location,
        "version": tag(row.version),
    }


def _moment(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _named(call: Call, parameter: str) -> list[Path]:
    names = [name.strip() for name in call.query.get(parameter, "").split(",") if name.strip()]
    if len(names) > MOST_NAMED:
        raise InvalidPath(f"{MOST_NAMED} attributes can be named.")
    try:
        return [_path(name) for name in names]
    except InvalidFilter as error:
        raise InvalidPath(error.detail) from error


def _path(name: str) -> Path:
    """Return a path; extensions are named by their schema, alone or with a part of it."""
    if name.lower() == ENTERPRISE_USER.lower():
        return Path(name.lower())
    path = parse_path(name)
    return path if not path.urn or path.urn in CORE else Path(path.urn, path.name)


def _kept(name: str, value: Any, wanted: list[Path]) -> Any:
    if name in ALWAYS:
        return value
    asked = [path for path in wanted if path.name == name.lower()]
    if not asked:
        return None
    subs = {path.sub for path in asked}
    return value if "" in subs else _parts(value, lambda part: part in subs) or None


def _rest(name: str, value: Any, unwanted: list[Path]) -> Any:
    named = [path for path in unwanted if path.name == name.lower()]
    if name in ALWAYS or not named:
        return value
    subs = {path.sub for path in named}
    return None if "" in subs else _parts(value, lambda part: part not in subs)


def _parts(value: Any, stays: Any) -> Any:
    if isinstance(value, list):
        return [_parts(each, stays) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: each for name, each in value.items() if stays(name.lower())}
