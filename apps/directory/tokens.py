"""Tokens as text: `scim_<8 characters of id>_<secret>`."""

import re

PURPOSE = "directory-token"
PATTERN = re.compile(r"^scim_([a-z0-9]{8})_([A-Za-z0-9_-]{43})$")


def text_of(key_id: str, secret: str) -> str:
    """Return the text that is shown once."""
    return f"scim_{key_id}_{secret}"


def split(text: str) -> tuple[str, str]:
    """Return id and secret; of a malformed token, parts that none has."""
    found = PATTERN.match(text)
    return (found[1], found[2]) if found else ("", "")
