"""JSON Schemas that people wrote: what a value breaks of one, in bounded time and without the network."""

import json
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import cache
from typing import Any

from apps.common.types import JSON, JSONDict

PATIENCE_S = 0.1  # for one match of a pattern; those that go back and forth take for ever
FEW_ITEMS = 500
WHOLE_S = 2.0  # for a whole value
MAX_SCHEMA = 64 << 10

_deadline: ContextVar[float] = ContextVar("deadline")


class _TooLong(Exception):
    """Following a schema took longer than it may."""


def problem_of(value: JSON, schema: JSONDict, *, whole: str = "") -> str:
    """Return where and how a value breaks a schema, in one line; empty if it fits.

    `whole` is what the value itself is called where it is not a part of it that is wrong.
    """
    problem = _first_problem(value, schema)
    if problem is None or isinstance(problem, str):
        return problem or ""
    place = "/".join(str(part) for part in problem.absolute_path) or whole
    return f"{place}: {problem.message[:300]}" if place else str(problem.message[:300])


def broken_rule(value: JSON, schema: JSONDict) -> str:
    """Return the place in the schema of the rule that a value breaks; empty if it fits.

    Unlike `problem_of` it repeats nothing of the value.
    """
    problem = _first_problem(value, schema)
    if problem is None or isinstance(problem, str):
        return problem or ""
    return "/".join(str(part) for part in problem.absolute_schema_path)[:200]


def _first_problem(value: JSON, schema: JSONDict) -> Any:
    """Return the first error; in words what keeps the schema from being followed; None if it fits."""
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 - comes with jsonschema

    deadline = _deadline.set(time.monotonic() + WHOLE_S)
    try:
        return next(_validator()(schema, registry=_nowhere()).iter_errors(value), None)
    except Unresolvable as error:
        return f"The schema refers to what is not there: {str(error)[:200]}"
    except RecursionError:
        return "The schema refers to itself without an end."
    except _TooLong:
        return "The schema takes too long to follow."
    except TimeoutError:
        return "A pattern of the schema takes too long to match."
    finally:
        _deadline.reset(deadline)


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

    draft: Any = jsonschema.Draft202012Validator
    extend: Any = jsonschema.validators.extend  # untyped in its stubs
    keywords = {**draft.VALIDATORS, "pattern": _pattern, "uniqueItems": _unique}
    return extend(draft, {name: _timed(keyword) for name, keyword in keywords.items()})


def _timed(keyword: Callable[..., Any]) -> Callable[..., Any]:
    """Have a keyword look at the clock: references that fan out take for ever."""

    def followed(*args: Any) -> Any:
        if time.monotonic() > _deadline.get():
            raise _TooLong
        return keyword(*args)

    return followed


def _unique(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Compare many items by what they are as JSON, in one pass: each with each takes for ever."""
    import jsonschema  # noqa: PLC0415 - 70 ms that only those with a schema need

    if not isinstance(instance, list) or len(instance) <= FEW_ITEMS:
        draft: Any = jsonschema.Draft202012Validator
        yield from draft.VALIDATORS["uniqueItems"](validator, wanted, instance, schema)
    elif wanted:
        told = {json.dumps(each, sort_keys=True) for each in instance}
        if len(told) < len(instance):
            yield jsonschema.ValidationError("has non-unique elements")


@cache
def _nowhere() -> Any:
    """Return a registry that knows the drafts and fetches nothing: the default one would."""
    from referencing.jsonschema import EMPTY_REGISTRY  # noqa: PLC0415 - comes with jsonschema

    return EMPTY_REGISTRY


def check_schema(schema: JSONDict) -> JSONDict:
    """Return the schema if it is one that can be used. Raises ValueError.

    References to elsewhere are refused: following them would be a way out past the egress client.
    """
    if len(json.dumps(schema)) > MAX_SCHEMA:
        raise ValueError("The schema is larger than 64 KiB.")
    if any(not ref.startswith("#") for ref in _said(schema, "$ref", "$dynamicRef")):
        raise ValueError("A schema may only refer to itself, such as #/$defs/item.")
    if _said(schema, "patternProperties"):
        raise ValueError("Patterns for names of properties are not supported: name them.")
    import jsonschema  # noqa: PLC0415 - 70 ms that only configs with a schema need

    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise ValueError(f"This is not a JSON Schema: {error.message[:200]}.") from error
    return schema


def _said(value: JSON, *keywords: str) -> list[str]:
    """Return what a schema says with some keywords, wherever in it."""
    if isinstance(value, dict):
        own = [str(value[key]) for key in keywords if key in value]
        return own + [found for child in value.values() for found in _said(child, *keywords)]
    if isinstance(value, list):
        return [found for child in value for found in _said(child, *keywords)]
    return []
