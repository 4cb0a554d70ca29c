"""The texts in the bodies of calls and answers, whichever protocol they are in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from apps.common.types import JSON, JSONDict

# What belongs to the protocol: a change would break it, and nobody writes words there.
STRUCTURE = frozenset(
    {
        "id", "object", "type", "role", "model", "status", "index", "created", "created_at",
        "finish_reason", "stop_reason", "call_id", "tool_call_id", "tool_use_id", "item_id",
        "response_id", "signature", "encrypted_content", "media_type", "system_fingerprint", "usage",
    }
)  # fmt: skip
OWN_FIELDS = frozenset(
    {"system", "instructions", "tools", "functions", "response_format", "text", "tool_choice"}
)
OWN_ROLES = frozenset({"system", "developer", "assistant"})
JSON_FIELDS = frozenset({"arguments", "partial_json"})
ECHOES = "logprobs"  # says the words of an answer once more, token by token
# A picture itself, or a file: only where a part of such a kind has it, else this begins a text.
ENCODED = re.compile(r"data:[\w/+.\-]{0,100}(?:;[\w=\-]{1,60}){0,4},")
ADDRESSES = frozenset({"url", "image_url", "file_data", "file_url", "video_url"})
UNREADABLE = frozenset(
    {
        "image_url",
        "input_image",
        "image",
        "document",
        "file",
        "input_file",
        "input_audio",
        "video_url",
    }
)


@dataclass(frozen=True)
class _Spot:
    """Where a value stands."""

    name: str = ""
    is_own: bool = False
    is_json: bool = False
    is_enclosed: bool = False  # in a picture, a sound or a file


class Rewriter(Protocol):
    """Says what becomes of texts and numbers."""

    def text(self, raw: str, *, is_json: bool = False, is_own: bool = False) -> str:
        """Return a text as it may go on."""

    def number(self, value: float) -> float:
        """Return a number as it may go on."""


def redacted(body: JSONDict, redactor: Rewriter, *, is_json: bool = False) -> JSONDict:
    """Return a body as it may go on; `is_json`: its words are JSON."""
    return {
        name: _value(each, _Spot(name, name in OWN_FIELDS, is_json), redactor)
        for name, each in body.items()
    }


def _value(value: JSON, spot: _Spot, redactor: Rewriter) -> JSON:
    if isinstance(value, dict) and spot.name != "usage":
        return _object(value, spot, redactor)  # a field of a schema may be called like anything
    if spot.name in STRUCTURE:
        return value
    if isinstance(value, str):
        if spot.is_enclosed and _is_enclosed(spot.name, value):
            return value
        is_json = spot.name in JSON_FIELDS or (spot.is_json and spot.name in ("content", "text"))
        return redactor.text(value, is_json=is_json, is_own=spot.is_own)
    if isinstance(value, list):
        if value and isinstance(value[0], int | float):
            return value  # tokens by their numbers, or a vector
        return [_value(each, spot, redactor) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    return redactor.number(value)


def _object(value: JSONDict, spot: _Spot, redactor: Rewriter) -> JSONDict:
    is_own = value["role"] in OWN_ROLES if isinstance(value.get("role"), str) else spot.is_own
    is_enclosed = spot.is_enclosed or _is_unreadable(value)
    return {
        name: _value(each, _Spot(name, is_own, spot.is_json, is_enclosed), redactor)
        for name, each in value.items()
    }


def _is_enclosed(name: str, text: str) -> bool:
    """Tell whether this is what a part encloses, not where it is or what it is called."""
    return name == "data" or (name in ADDRESSES and ENCODED.match(text) is not None)


def texts_of(value: JSON) -> Iterator[str]:
    """Yield all texts of a body."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            left += each.values()
        elif isinstance(each, list):
            left += each


def has_unreadable(body: JSONDict) -> bool:
    """Tell whether a call holds what nobody can look into: images, documents, tokens by number."""
    left: list[JSON] = [body.get(name) for name in ("messages", "input", "system", "documents")]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            if _is_unreadable(each):
                return True
            left += [part for name, part in each.items() if name != "arguments"]
        elif isinstance(each, list):
            if each and isinstance(each[0], int):
                return True
            left += each
    return False


def _is_unreadable(part: JSONDict) -> bool:
    kind = part.get("type")
    return isinstance(kind, str) and kind in UNREADABLE and not _is_plain_document(part)


def _is_plain_document(part: JSONDict) -> bool:
    source = part.get("source")
    return isinstance(source, dict) and source.get("type") in ("text", "content")


def without_echoes(value: JSON) -> JSON:
    """Return an answer without what repeats its words outside of them."""
    if isinstance(value, dict):
        return {
            name: []
            if name == ECHOES and isinstance(each, list)
            else None
            if name == ECHOES
            else without_echoes(each)
            for name, each in value.items()
        }
    return [without_echoes(each) for each in value] if isinstance(value, list) else value
