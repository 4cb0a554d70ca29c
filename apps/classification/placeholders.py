"""What stands where a value was withheld: `[personal:k3vd…]`, a class and a random name.

A name tells nothing about its value, and is another one in each run. Where the value stood in
another form, such as percent-encoded, an ending says in which, so that the text can be had again
letter by letter.
"""

import base64
import html
import json
import re
import secrets
from collections.abc import Callable
from urllib.parse import quote, quote_plus

NAME = r"[a-z2-7]{16}"
CLASS = r"[a-z][a-z0-9-]{0,30}"
PLACEHOLDER = re.compile(rf"\[(?P<class>{CLASS}):(?P<name>{NAME})(?P<form>\.[a-z]\d{{0,9}})?\]")
LEAST = 4  # characters that a text has for its occurrences to be looked for
ENCODED = 6  # bytes from which on it is also looked for in base64
PLAIN = ""


def new_name() -> str:
    """Return a name that nobody can guess."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def written(data_class: str, name: str, form: str = PLAIN) -> str:
    """Return the placeholder of a value, in one of its forms."""
    return f"[{data_class}:{name}.{form}]" if form else f"[{data_class}:{name}]"


def in_words(text: str) -> str:
    """Return a text as people read it where nothing can be shown: without names of values."""
    return PLACEHOLDER.sub(lambda found: f"[{found['class']}, withheld]", text)


def holds_some(text: str) -> bool:
    """Tell whether a placeholder stands in a text."""
    return PLACEHOLDER.search(text) is not None


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _json_raw(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _base64(text: str, shift: int, altchars: bytes = b"+/") -> str:
    """Return the signs of base64 that only this text decides, wherever it stands in what is encoded."""
    raw = text.encode("utf-8", "replace")
    first = -(-shift * 8 // 6)
    signs = base64.b64encode(bytes(shift) + raw, altchars).decode()
    return signs[first : (shift + len(raw)) * 8 // 6]


FORMS: dict[str, Callable[[str], str]] = {
    PLAIN: str,
    "l": str.lower,
    "u": str.upper,
    "s": str.strip,
    "j": _json,
    "r": _json_raw,
    "q": lambda text: quote(text, safe=""),
    "w": lambda text: quote_plus(text),
    "v": lambda text: quote(text),
    "h": html.escape,
    "d": lambda text: _base64(text, 0),
    "e": lambda text: _base64(text, 1),
    "f": lambda text: _base64(text, 2),
    "x": lambda text: _base64(text, 0, b"-_"),
    "y": lambda text: _base64(text, 1, b"-_"),
    "z": lambda text: _base64(text, 2, b"-_"),
}
_OF_BYTES = frozenset("defxyz")
_CUT = "c"  # and how many characters of the beginning


def forms_of(text: str) -> dict[str, str]:
    """Return the texts in which a value may stand somewhere, each with its form."""
    found: dict[str, str] = {}
    for form, make in FORMS.items():
        if form in _OF_BYTES and len(text.encode("utf-8", "replace")) < ENCODED:
            continue
        made = make(text)
        if len(made) >= LEAST:
            found.setdefault(made, form)
    return found


def cut_form(length: int) -> str:
    """Return the form of a text of which only the beginning stood there."""
    return f"{_CUT}{length}"


def in_form(text: str, form: str) -> str:
    """Return a text in one of its forms."""
    if form.startswith(_CUT) and form[1:]:
        return text[: int(form[1:])]
    make = FORMS.get(form)
    return text if make is None else make(text)
