"""What a runbook may consist of: elements, what lies in what, attributes and marks.

The studio has the same schema (`static/studio/src/studio/runbook/schema.ts`); `tests/runbook.json`
holds the two to it. What is not named here never reaches a page, whoever wrote it.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from apps.common.ids import UUID_PATTERN
from apps.common.types import JSON, JSONDict
from apps.workflows.definition import NODE_ID

MAX_DEPTH = 24
MAX_HREF, MAX_ALT, MAX_LANGUAGE, MAX_SPAN = 2_048, 500, 30, 50
SCHEMES = frozenset({"http", "https", "mailto"})
# A browser reads these out of an address, or takes them for the end of its beginning.
UNSEEN = re.compile(
    r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]"
)

Check = Callable[[Any], bool]


def is_safe_href(value: Any) -> bool:
    """Tell whether a link may lead there: to the web, to a mailbox or to a page of this host."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_HREF or UNSEEN.search(value):
        return False
    if value.startswith("/"):
        return not value.startswith(("//", "/\\"))
    try:
        parts = urlsplit(value)
        scheme, host = parts.scheme, parts.hostname
    except ValueError:
        return False
    if scheme not in SCHEMES or not value.lower().startswith(f"{scheme}:"):
        return False
    if scheme == "mailto":
        return "@" in parts.path
    return value[len(scheme) : len(scheme) + 3] == "://" and bool(host)


def _matches(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _text(most: int) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= most


def _number(least: int, most: int) -> Check:
    return lambda value: (
        type(value) in (int, float) and value == int(value) and least <= value <= most
    )


_ID = _matches(UUID_PATTERN)
_SPAN = _number(1, MAX_SPAN)
_CELL: dict[str, Check] = {"colspan": _SPAN, "rowspan": _SPAN}

ATTRIBUTES: dict[str, dict[str, Check]] = {
    "heading": {"level": _number(1, 3)},
    "ordered_list": {"order": _number(0, 1_000_000)},
    "check_item": {"checked": lambda value: isinstance(value, bool)},
    "code_block": {"language": _matches(rf"[A-Za-z0-9+#.-]{{0,{MAX_LANGUAGE}}}")},
    "image": {"image": _ID, "alt": _text(MAX_ALT)},
    "node_block": {"node": _matches(NODE_ID)},
    "run_block": {"run": _ID},
    "approval_block": {"approval": _ID},
    "table_cell": _CELL,
    "table_header": _CELL,
}
# Without these an element means nothing.
NEEDED = {"image": "image", "node_block": "node", "run_block": "run", "approval_block": "approval"}
DEFAULTS: dict[str, JSONDict] = {
    "heading": {"level": 1},
    "ordered_list": {"order": 1},
    "check_item": {"checked": False},
    "code_block": {"language": ""},
    "image": {"alt": ""},
    "table_cell": {"colspan": 1, "rowspan": 1},
    "table_header": {"colspan": 1, "rowspan": 1},
}
MARKS: dict[str, dict[str, Check]] = {
    "strong": {}, "em": {}, "strike": {}, "code": {}, "link": {"href": is_safe_href},
}  # fmt: skip

BLOCKS = frozenset({
    "paragraph", "heading", "blockquote", "bullet_list", "ordered_list", "check_list", "code_block",
    "horizontal_rule", "table", "image", "node_block", "run_block", "approval_block",
})  # fmt: skip
INLINE = frozenset({"text", "hard_break"})
CELLS = frozenset({"table_cell", "table_header"})
CHILDREN: dict[str, frozenset[str]] = {
    "doc": BLOCKS,
    "paragraph": INLINE,
    "heading": INLINE,
    "code_block": frozenset({"text"}),
    "blockquote": BLOCKS,
    "bullet_list": frozenset({"list_item"}),
    "ordered_list": frozenset({"list_item"}),
    "check_list": frozenset({"check_item"}),
    "list_item": BLOCKS,
    "check_item": BLOCKS,
    "table": frozenset({"table_row"}),
    "table_row": CELLS,
    "table_cell": BLOCKS,
    "table_header": BLOCKS,
}
# Of these nothing is left without something in them.
HOLDERS = frozenset(CHILDREN) - {"doc", "paragraph", "heading", "code_block"}
ELEMENTS = frozenset().union(*CHILDREN.values()) - {"text"}


def attributes_of(element: str, found: dict[str, Any]) -> JSONDict | None:
    """Return an element's attributes with what may be wrong in them put right; None if it cannot."""
    checks = ATTRIBUTES.get(element, {})
    kept = {key: plain(found[key]) for key, fits in checks.items() if fits(found.get(key))}
    if element in NEEDED and NEEDED[element] not in kept:
        return None
    return DEFAULTS.get(element, {}) | kept


def marks_of(found: Any) -> list[JSONDict]:
    """Return the marks among a text's formats, in the order of the schema."""
    if not isinstance(found, dict):
        return []
    return [_mark(name, found[name]) for name in MARKS if fits_mark(name, found.get(name))]


def fits_mark(name: str, attributes: Any) -> bool:
    """Tell whether a mark is one of the schema, with just the attributes that it has there."""
    checks = MARKS.get(name)
    if checks is None or not isinstance(attributes, dict) or attributes.keys() != checks.keys():
        return False
    return all(fits(attributes[key]) for key, fits in checks.items())


def _mark(name: str, attributes: JSONDict) -> JSONDict:
    return {"type": name, "attrs": dict(attributes)} if attributes else {"type": name}


def plain(value: Any) -> JSON:
    """Return a value as JSON has it: the document keeps whole numbers as browsers do."""
    return int(value) if isinstance(value, float) else value
