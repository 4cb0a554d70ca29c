"""Fields that were to be found in a text: required ones are there, and numbers stand in the text."""

import re
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal, InvalidOperation

from apps.common.types import JSON, JSONDict

# Digits with what separates groups and decimals; nothing here repeats within a repetition.
FIGURES = re.compile(r"\d(?:[.,]?\d){0,30}")
GROUPED = re.compile(r"\d{1,3}(?:['\u2019\u00a0\u202f ]\d{3}){1,6}(?:[.,]\d{1,6})?")  # 12 500,00
MOST_TEXT = 1 << 20


def problem(found: JSON, hints: JSONDict) -> str:
    """Return what is wrong with the fields; empty where nothing is."""
    values = found if isinstance(found, dict) else {}
    wanted = [each for each in hints.get("fields") or () if isinstance(each, dict)]
    for each in wanted:
        if each.get("required") and values.get(each["name"]) is None:
            return f"does not tell the required field {each['name']}"
    numbers = [each["name"] for each in wanted if each.get("type") == "number"]
    given = {name: values[name] for name in numbers if values.get(name) is not None}
    known = set(_figures(str(hints.get("text", ""))[:MOST_TEXT])) if given else set()
    invented = next((name for name, value in given.items() if _exact(value) not in known), None)
    return f"gives a number for {invented} that the text does not hold" if invented else ""


def _figures(text: str) -> Iterator[Decimal]:
    """Yield the numbers of a text, each in the ways in which people may have meant it."""
    for match in (*FIGURES.finditer(text), *GROUPED.finditer(text)):
        plain = "".join(each for each in match[0] if each.isdigit() or each in ".,")
        for group, point in ((",", "."), (".", ",")):
            with suppress(InvalidOperation):  # a sign several times: a version, an address
                yield Decimal(plain.replace(group, "").replace(point, "."))


def _exact(value: JSON) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return abs(Decimal(str(value)))
