"""PATCH of RFC 7644, section 3.5.2, in the forms that Okta, Entra ID and others really send."""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from apps.common.errors import TooLarge
from apps.common.types import JSONDict
from apps.directory.exceptions import (
    InvalidFilter,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    NoTarget,
    ReadOnly,
)
from apps.directory.scim import filters
from apps.directory.scim.attributes import OURS, Attribute, ResourceType, top_attribute
from apps.directory.scim.filters import All, Compare, Filter
from apps.directory.scim.reading import MOST_VALUES, read_resource, read_value

MOST_OPERATIONS, LONGEST_PATH = 1000, 500
MOST_LOOKS = MOST_OPERATIONS * MOST_VALUES  # of operations at values: one each
FILTERED = re.compile(r"^([^\[\]]+)\[(.+)\](?:\.([A-Za-z$][\w$-]{0,60}))?$", re.DOTALL)


@dataclass(frozen=True)
class Target:
    """What an operation is about: an attribute, some of its values, a part of them."""

    attribute: Attribute
    extension: str = ""
    sub: Attribute | None = None
    only: Filter | None = None


@dataclass
class Draft:
    """A document while it is changed, and how many values may still be looked at for it."""

    document: JSONDict
    resource: ResourceType
    looks: int = MOST_LOOKS

    def look(self, target: Target, values: int) -> None:
        """Count what an operation looks at. Raises TooLarge before it costs minutes."""
        self.looks -= values * (1 if target.only is None else filters.size(target.only))
        if self.looks < 0:
            raise TooLarge("The operations choose among too many values. Send fewer at a time.")


def patched(document: JSONDict, body: Any, resource: ResourceType) -> JSONDict:
    """Return the document after all operations of a body; the one given stays as it is."""
    draft = Draft(deepcopy(document), resource)
    for operation in _operations(body):
        said = {str(name).lower(): value for name, value in operation.items()}
        verb = str(said.get("op", "")).lower()
        if verb not in {"add", "replace", "remove"}:
            raise InvalidSyntax("The op of an operation is add, replace or remove.")
        _apply(draft, verb, said.get("path"), said.get("value"))
    return read_resource(draft.document, resource)


def _operations(body: Any) -> list[Mapping[str, Any]]:
    named = {str(name).lower(): each for name, each in body.items()} if isinstance(body, Mapping) else {}  # fmt: skip
    found = named.get("operations")
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise InvalidSyntax("The body needs a list of Operations.")
    if not 0 < len(found) <= MOST_OPERATIONS:
        raise InvalidSyntax(f"A request has 1 to {MOST_OPERATIONS} operations.")
    return found


def _apply(draft: Draft, verb: str, path: Any, value: Any) -> None:
    if path is None or path == "":
        _apply_to_whole(draft, verb, value)
        return
    extension = draft.resource.extension(str(path))
    if extension is not None:
        _apply_to_extension(draft, verb, extension.urn, value)
        return
    target = _target(path, draft.resource)
    if target.attribute.read_only or (target.sub and target.sub.read_only):
        raise ReadOnly(f"{target.attribute.name} is ours to set.")
    document = draft.document
    holder = document.setdefault(target.extension, {}) if target.extension else document
    if target.attribute.many:
        draft.look(target, len(holder.get(target.attribute.name, [])))
    _change(holder, verb, target, value)


def _apply_to_whole(draft: Draft, verb: str, value: Any) -> None:
    """Apply an operation without a path: its value names the attributes, also by paths."""
    if verb == "remove":
        raise NoTarget("What is removed needs a path.")
    if not isinstance(value, Mapping):
        raise InvalidSyntax("Without a path, the value must be an object.")
    for name, each in value.items():
        if name.lower() in OURS:
            continue  # clients repeat the id of what they change
        try:
            _apply(draft, verb, name, each)
        except (InvalidPath, ReadOnly):
            continue  # as with whole resources: what is not kept is passed over


def _apply_to_extension(draft: Draft, verb: str, urn: str, value: Any) -> None:
    if verb == "remove":
        draft.document.pop(urn, None)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            _apply_to_whole(draft, verb, {f"{urn}:{name}": each})
    else:
        raise InvalidValue(f"{urn} must be an object.")


def _target(path: Any, resource: ResourceType) -> Target:
    """Return what a path is about. Raises InvalidPath."""
    if not isinstance(path, str) or len(path) > LONGEST_PATH:
        raise InvalidPath(f"A path is a text of at most {LONGEST_PATH} characters.")
    filtered = FILTERED.match(path.strip())
    try:
        only = filters.parse(filtered[2]) if filtered else None
        named = filters.parse_path(filtered[1] if filtered else path.strip())
    except InvalidFilter as error:
        raise InvalidPath(error.detail) from error
    extension = resource.extension(named.urn) if named.urn else None
    if named.urn and extension is None and named.urn != resource.schema.urn.lower():
        raise InvalidPath(f"{named.urn} is no schema that is kept here.")
    attribute = (
        extension.attribute(named.name) if extension else top_attribute(resource, named.name)
    )
    if attribute is None:
        if named.name in OURS and not extension:
            raise ReadOnly(f"{named.name} is ours to set.")
        raise InvalidPath(f"{path[:80]} names no attribute that is kept here.")
    sub = _sub(attribute, (filtered[3] if filtered else "") or named.sub)
    if only is not None and not attribute.many:
        raise InvalidPath(f"{attribute.name} has one value, there is nothing to choose from.")
    return Target(attribute, extension.urn if extension else "", sub, only)


def _sub(attribute: Attribute, name: str) -> Attribute | None:
    if not name:
        return None
    found = attribute.sub(name)
    if found is None:
        raise InvalidPath(f"{attribute.name} has no {name[:60]}.")
    return found


def _change(holder: JSONDict, verb: str, target: Target, value: Any) -> None:
    attribute = target.attribute
    if attribute.many:
        present = holder.get(attribute.name, [])
        holder[attribute.name] = _changed_values(present, verb, target, value)
    elif target.sub is not None:
        part = holder.setdefault(attribute.name, {})
        _set(part, target.sub.name, None if verb == "remove" else read_value(value, target.sub))
    elif verb == "remove":
        holder.pop(attribute.name, None)
    else:
        new = read_value(value, attribute)
        is_joined = attribute.kind == "complex" and new is not None
        _set(holder, attribute.name, holder.get(attribute.name, {}) | new if is_joined else new)


def _set(holder: JSONDict, name: str, value: Any) -> None:
    if value is None:
        holder.pop(name, None)
    else:
        holder[name] = value


def _changed_values(
    present: list[JSONDict], verb: str, target: Target, value: Any
) -> list[JSONDict]:
    if verb == "remove":
        return _without(present, target, value)
    if target.only is None and target.sub is None:
        new = read_value(value, target.attribute)
        return new if verb == "replace" else _together(present, new)
    return _with_parts(present, target, value)


def _without(present: list[JSONDict], target: Target, value: Any) -> list[JSONDict]:
    """Return what stays: nothing, what the filter does not choose, or what the value does not name."""
    if target.sub is not None:
        chosen = [each for each in present if _is_chosen(each, target)]
        for each in chosen:
            each.pop(target.sub.name, None)
        return present
    if target.only is not None:
        return [each for each in present if not _is_chosen(each, target)]
    if value is None:
        return []
    named = {each.get("value") for each in read_value(value, target.attribute)}
    return [each for each in present if each.get("value") not in named]


def _together(present: list[JSONDict], new: list[JSONDict]) -> list[JSONDict]:
    """Return both, each value once; a new primary one is the only one."""
    if any(each.get("primary") for each in new):
        present = [{k: v for k, v in each.items() if k != "primary"} for each in present]
    by_value = {_identity(each): each for each in present}
    for each in new:
        by_value[_identity(each)] = by_value.get(_identity(each), {}) | each
    return list(by_value.values())


def _identity(value: JSONDict) -> tuple[Any, Any]:
    return value.get("value"), value.get("type")


def _with_parts(present: list[JSONDict], target: Target, value: Any) -> list[JSONDict]:
    """Change the values that a filter chooses; Entra ID has one made where there is none yet."""
    part = _part(target, value)
    chosen = [each for each in present if _is_chosen(each, target)]
    for each in chosen:
        each.update(part)
    return present if chosen else [*present, _described(target.only) | part]


def _part(target: Target, value: Any) -> JSONDict:
    if target.sub is not None:
        read = read_value(value, target.sub)
        if read is None:
            raise InvalidValue(f"{target.sub.name} needs a value.")
        return {target.sub.name: read}
    found = read_value(value, target.attribute)
    if len(found) != 1:
        raise InvalidValue(f"One value of {target.attribute.name} is needed here.")
    only: JSONDict = found[0]
    return only


def _is_chosen(value: JSONDict, target: Target) -> bool:
    return target.only is None or filters.holds(target.only, value)


def _described(rule: Filter | None) -> JSONDict:
    """Return the value that a filter describes. Raises NoTarget where it does not say all of it."""
    parts = rule.parts if isinstance(rule, All) else (rule,)
    said = [part for part in parts if isinstance(part, Compare) and part.operator == "eq"]
    if len(said) != len(parts):
        raise NoTarget
    return {part.path.name: part.value for part in said}
