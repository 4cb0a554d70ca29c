"""Typed fields that a person fills in while a run waits, and the check of what they gave."""

from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import Field

from apps.common.types import JSON, JSONDict
from apps.nodes.base import Config, value_field

MAX_TEXT, MAX_PARAGRAPH = 1_000, 50_000
MAX_NUMBER = 10**15


class AnswerType(StrEnum):
    """What kind of value a field takes; the words are those of the start form."""

    TEXT = "text"
    PARAGRAPH = "paragraph"
    NUMBER = "number"
    BOOL = "bool"
    SELECT = "select"
    DATE = "date"


class AnswerField(Config):
    """One field of the form that a question has."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,62}$", description="How the output calls it: form.<name>."
    )
    label: str = Field("", max_length=120)
    type: AnswerType = AnswerType.TEXT
    required: bool = False
    default: Any = value_field(None, description="What stands in it before somebody writes.")
    options: list[str] = Field(default_factory=list, description="The choices of a select.")


def check_names(fields: list[AnswerField]) -> list[AnswerField]:
    """Return the fields if they can be told apart and filled in. Raises ValueError."""
    names = [field.name for field in fields]
    if len(set(names)) != len(names):
        raise ValueError("Two fields have the same name.")
    empty = [
        field.name for field in fields if field.type == AnswerType.SELECT and not field.options
    ]
    if empty:
        raise ValueError(f"The select “{empty[0]}” has no options.")
    return fields


def check_answers(
    fields: list[AnswerField], given: JSONDict, *, complete: bool
) -> tuple[JSONDict, list[JSONDict]]:
    """Return the values of the fields, and an error for each that does not fit.

    What is left out has its default; only a complete form needs its required fields.
    """
    values: JSONDict = {}
    errors: list[JSONDict] = []
    for field in fields:
        value = given.get(field.name, field.default)
        value = None if value == "" else value
        problem = _problem(field, value) if value is not None else _missing(field, complete)
        if problem:
            errors.append({"field": f"form.{field.name}", "message": problem, "code": "invalid"})
        values[field.name] = value
    known = {field.name for field in fields}
    errors += [
        {"field": f"form.{name}", "message": "The form has no such field.", "code": "unknown"}
        for name in given
        if name not in known
    ]
    return values, errors


def _missing(field: AnswerField, complete: bool) -> str:
    return "This field is required." if field.required and complete else ""


def _problem(field: AnswerField, value: JSON) -> str:
    match field.type:
        case AnswerType.TEXT:
            return _text_problem(value, MAX_TEXT)
        case AnswerType.PARAGRAPH:
            return _text_problem(value, MAX_PARAGRAPH)
        case AnswerType.NUMBER:
            return _number_problem(value)
        case AnswerType.BOOL:
            return "" if isinstance(value, bool) else "Give true or false."
        case AnswerType.DATE:
            return "" if _is_date(value) else "Give a day such as 2027-01-31."
    listed = ", ".join(field.options)
    return "" if value in field.options else f"Choose one of: {listed}."


def _text_problem(value: JSON, most: int) -> str:
    if not isinstance(value, str):
        return "Give a text."
    return "" if len(value) <= most else f"Give at most {most:,} characters."


def _number_problem(value: JSON) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "Give a number."
    return "" if abs(value) <= MAX_NUMBER else "The number is too large."


def _is_date(value: JSON) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
