"""The plainest value that a JSON Schema allows, as far as schemas of answers usually go."""

from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]
DEPTH = 8  # at which a schema that holds itself ends


def fitting(schema: Any, depth: int = 0, root: Any = None) -> Any:
    """Return a value of a schema; text is `yes`, as long as it has to be."""
    root = schema if root is None else root
    if not isinstance(schema, dict) or depth > DEPTH:
        return None
    if "$ref" in schema:
        return fitting(_at(root, schema["$ref"]), depth + 1, root)
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if schema.get("enum"):
        return schema["enum"][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return fitting(schema[name][0], depth + 1, root)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    return MAKERS.get(kind, _nothing)(schema, lambda each: fitting(each, depth + 1, root))


def _nothing(schema: Schema, inner: Callable[[Any], Any]) -> Any:
    return None


def _text(schema: Schema, inner: Callable[[Any], Any]) -> str:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    return "yes".ljust(least, "s")[:most]


def _number(schema: Schema, inner: Callable[[Any], Any]) -> Any:
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    return min(least, schema.get("maximum", least))


def _object(schema: Schema, inner: Callable[[Any], Any]) -> Any:
    return {name: inner(each) for name, each in (schema.get("properties") or {}).items()}


def _list(schema: Schema, inner: Callable[[Any], Any]) -> Any:
    return [inner(schema.get("items", {})) for _ in range(max(1, schema.get("minItems", 1)))]


MAKERS: dict[str, Callable[[Schema, Callable[[Any], Any]], Any]] = {
    "string": _text, "number": _number, "integer": _number, "object": _object, "array": _list,
    "boolean": lambda schema, inner: True, "null": _nothing,
}  # fmt: skip


def _at(root: Any, reference: str) -> Any:
    """Return what a reference within the schema leads to."""
    found = root
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part, {}) if isinstance(found, dict) else {}
    return found
