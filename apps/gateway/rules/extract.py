"""Named fields out of text."""

import re
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.gateway.rules import find
from apps.gateway.rules.compose import headline, key_sentences, summary
from apps.gateway.rules.words import number, plain, table_in

MADE = re.compile(r"summary|description|problem|issue|topic|subject|title|request|message", re.I)
SHORT = re.compile(r"topic|subject|title", re.I)


def extract(text: str, fields: list[JSONDict]) -> JSONDict:
    """Return each field's value, None for what the text does not say."""
    shown, data = plain(text), table_in(text)
    row = data[0] if isinstance(data, list) and data else data
    return {str(each["name"]): _field(each, shown, row) for each in fields}


def _field(wanted: JSONDict, text: str, data: JSON) -> Any:
    name, kind = str(wanted["name"]), wanted.get("type", "text")
    said = _in_data(name, data)
    if said is None:
        said = find.labelled(name, text)
    match kind:
        case "number":
            return _number(name, wanted, said, text)
        case "boolean":
            return said if isinstance(said, bool) else find.truth(name, text)
        case "date":
            return find.date(str(said)) if said is not None else find.date(text)
        case "list":
            return said if isinstance(said, list) else _list(said)
    return str(said) if said is not None else _text(name, wanted, text)


def _in_data(name: str, data: JSON) -> Any:
    if not isinstance(data, dict):
        return None
    wanted = re.sub(r"[\W_]", "", name).lower()
    return next((data[key] for key in data if re.sub(r"[\W_]", "", key).lower() == wanted), None)


def _number(name: str, wanted: JSONDict, said: Any, text: str) -> float | int | None:
    found = number(said)
    if found is None and said is not None:
        found = find.amount(str(said))
    if found is None:
        value = _by_form(name, wanted, text)
        found = number(value) if value is not None else find.first_number(text)
    return int(found) if found is not None and found.is_integer() else found


def _list(said: Any) -> list[str] | None:
    if said is None:
        return None
    return [part.strip() for part in re.split(r"[,;]|\band\b", str(said)) if part.strip()]


def _text(name: str, wanted: JSONDict, text: str) -> str | None:
    found = _by_form(name, wanted, text)
    if found is not None:
        return str(found)
    if SHORT.search(name):
        return headline(text) or None
    if name.lower() == "summary":
        return summary(text) or None
    return next(iter(key_sentences(text, 1)), None) if MADE.search(name) else None


def _by_form(name: str, wanted: JSONDict, text: str) -> Any:
    """Ask the name first, then the description."""
    found = find.by_form(name, text)
    if found is None and wanted.get("description"):
        found = find.by_form(re.sub(r"\W+", "_", str(wanted["description"])), text)
    return found
