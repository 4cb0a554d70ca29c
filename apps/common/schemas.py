"""JSON Schemas that people wrote: what a value breaks of one, in bounded time and without the network."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from apps.common.types import JSON, JSONDict

PATIENCE_S = 0.1  # for one match of a pattern; those that go back and forth take for ever


def problem_of(value: JSON, schema: JSONDict, *, whole: str = "") -> str:
    """Return where and how a value breaks a schema, in one line; empty if it fits.

    `whole` is what the value itself is called where it is not a part of it that is wrong.
    """
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 - comes with jsonschema

    try:
        problem = next(_validator()(schema, registry=_nowhere()).iter_errors(value), None)
    except Unresolvable as error:
        return f"The schema refers to what is not there: {str(error)[:200]}"
    except RecursionError:
        return "The schema refers to itself without an end."
    except TimeoutError:
        return "A pattern of the schema takes too long to match."
    if problem is None:
        return ""
    place = "/".join(str(part) for part in problem.absolute_path) or whole
    return f"{place}: {problem.message[:300]}" if place else str(problem.message[:300])


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    """Match as JSON Schema does, but not for ever."""
    import jsonschema  # noqa: PLC0415 - 70 ms that only those with a schema need
    import regex  # noqa: PLC0415 - the same

    if not isinstance(instance, str):
        return
    try:
        fits = regex.search(pattern, instance, timeout=PATIENCE_S)
    except regex.error as error:
        yield jsonschema.ValidationError(f"{pattern!r} is no pattern: {error}")
        return
    if not fits:
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


@cache
def _validator() -> Any:
    import jsonschema  # noqa: PLC0415 - 70 ms that only those with a schema need

    extend: Any = jsonschema.validators.extend  # untyped in its stubs
    return extend(jsonschema.Draft202012Validator, {"pattern": _pattern})


@cache
def _nowhere() -> Any:
    """Return a registry that knows the drafts and fetches nothing: the default one would."""
    from referencing.jsonschema import EMPTY_REGISTRY  # noqa: PLC0415 - comes with jsonschema

    return EMPTY_REGISTRY
