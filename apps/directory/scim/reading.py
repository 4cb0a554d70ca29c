"""From what a client sends to what is kept: known attributes by their own names, values of their kind."""

from collections.abc import Mapping
from typing import Any

from apps.common.types import JSONDict
from apps.directory.exceptions import InvalidSyntax, InvalidValue
from apps.directory.scim.attributes import Attribute, ResourceType, Schema, top_attribute

MOST_VALUES = 5000
TRUTHS = {"true": True, "false": False}


def read_resource(body: Any, resource: ResourceType) -> JSONDict:
    """Return the document that a body describes. Raises InvalidSyntax, InvalidValue."""
    if not isinstance(body, Mapping):
        raise InvalidSyntax("The body must be an object.")
    found: JSONDict = {}
    for name, value in body.items():
        extension = resource.extension(name)
        if extension is not None:
            _keep(found, extension.urn, _read_extension(value, extension))
            continue
        attribute = top_attribute(resource, name)
        if attribute is not None and not attribute.read_only:
            _keep(found, attribute.name, read_value(value, attribute))
    _check_required(found, resource.schema)
    return found


def read_value(value: Any, attribute: Attribute) -> Any:
    """Return a value of the attribute's kind; None for one that says nothing. Raises InvalidValue."""
    if attribute.many:
        given = value if isinstance(value, list) else [] if value is None else [value]
        if len(given) > MOST_VALUES:
            raise InvalidValue(f"{attribute.name} can have {MOST_VALUES} values at a time.")
        read = [_read_one(each, attribute) for each in given]
        return [each for each in read if each.get("value")]
    return None if value is None else _read_one(value, attribute)


def _read_extension(value: Any, schema: Schema) -> JSONDict:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidValue(f"{schema.urn} must be an object.")
    found: JSONDict = {}
    for name, each in value.items():
        attribute = schema.attribute(name)
        if attribute is not None:
            _keep(found, attribute.name, read_value(each, attribute))
    return found


def _read_one(value: Any, attribute: Attribute) -> Any:
    if attribute.kind == "complex":
        return _read_complex(value, attribute)
    value = _unwrapped(value)
    return _truth(value, attribute) if attribute.kind == "boolean" else _text(value, attribute)


def _read_complex(value: Any, attribute: Attribute) -> JSONDict:
    if isinstance(value, str) and attribute.sub("value"):
        value = {"value": value}
    if not isinstance(value, Mapping):
        raise InvalidValue(f"{attribute.name} must be an object.")
    found: JSONDict = {}
    for name, each in value.items():
        sub = attribute.sub(name)
        if sub is not None and not sub.read_only:
            _keep(found, sub.name, read_value(each, sub))
    for sub in attribute.subs:
        if sub.required and not found.get(sub.name):
            raise InvalidValue(f"{attribute.name} needs a {sub.name}.")
    return found


def _unwrapped(value: Any) -> Any:
    """Return a value that is sent as the only one of a list, as Entra ID did for long."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value.get("value") if isinstance(value, Mapping) else value


def _truth(value: Any, attribute: Attribute) -> bool:
    """Read yes and no, also where they are sent as texts, as Entra ID does."""
    if isinstance(value, str):
        value = TRUTHS.get(value.strip().lower(), value)
    if not isinstance(value, bool):
        raise InvalidValue(f"{attribute.name} must be true or false.")
    return value


def _text(value: Any, attribute: Attribute) -> str:
    if not isinstance(value, str):
        raise InvalidValue(f"{attribute.name} must be a text.")
    text = value.strip()
    if len(text) > attribute.longest:
        raise InvalidValue(f"{attribute.name} can have {attribute.longest} characters.")
    if attribute.choices and text.lower() not in {each.lower() for each in attribute.choices}:
        raise InvalidValue(f"{attribute.name} can be {', '.join(attribute.choices)}.")
    return text


def _keep(found: JSONDict, name: str, value: Any) -> None:
    """Keep what says something: an attribute without a value and none at all are the same."""
    if value not in (None, "", [], {}):
        found[name] = value


def _check_required(found: JSONDict, schema: Schema) -> None:
    for attribute in schema.attributes:
        if attribute.required and not found.get(attribute.name):
            raise InvalidValue(f"{attribute.name} is required.")
