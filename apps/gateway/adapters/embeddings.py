"""Embeddings in the encoding that was asked for, also of servers that know only one of them."""

import base64
import json
import re
import struct
from collections.abc import Sequence
from typing import Any

from apps.common.types import JSONDict
from apps.gateway.asks import Ask
from apps.gateway.calls import Upstream
from apps.gateway.exceptions import NotAnAnswer, ProviderFailed
from apps.gateway.upstreams import failures
from apps.gateway.upstreams.answers import Answer
from apps.gateway.upstreams.events import BadEvent, parsed

AS_LIST = re.compile(rb'"embedding"\s*:\s*\[')
AS_TEXT = re.compile(rb'"embedding"\s*:\s*"')
# What stands around the vectors; they themselves are long and need no look.
USAGE = re.compile(rb'"usage"\s*:\s*(\{[^{}]*\})')
MODEL = re.compile(rb'"model"\s*:\s*"([^"\\]{1,200})"')
AROUND = 4096


def answer_of(ask: Ask, upstream: Upstream, body: bytes) -> Answer:
    """Return an upstream's embeddings, as they came where they fit. Raises GatewayError."""
    wanted = ask.body.get("encoding_format", "float")
    other = AS_LIST if wanted == "base64" else AS_TEXT
    seems = (AS_LIST, AS_TEXT)[wanted == "base64"].search(body, 0, AROUND)
    if seems and not other.search(body, 0, AROUND) and body.rstrip().endswith(b"}"):
        return Answer(upstream, body, _around(body))
    told = _checked(body, upstream)
    for entry in told["data"]:
        entry["embedding"] = encoded(entry["embedding"], wanted)
    return Answer(upstream, json.dumps(told, separators=(",", ":")).encode(), told)


def encoded(vector: str | Sequence[float], wanted: Any) -> str | list[float]:
    """Return a vector as base64 of its 32-bit floats or as a list of numbers."""
    if wanted == "base64":
        if isinstance(vector, str):
            return vector
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    if not isinstance(vector, str):
        return list(vector)
    raw = base64.b64decode(vector)
    return list(struct.unpack(f"<{len(raw) // 4}f", raw))


def _around(body: bytes) -> JSONDict:
    """Return model and usage, without parsing the vectors."""
    ends = body if len(body) <= 2 * AROUND else body[:AROUND] + body[-AROUND:]
    usage, model = USAGE.search(ends), MODEL.search(ends)
    return {
        "usage": json.loads(usage[1]) if usage else None,
        "model": model[1].decode(errors="replace") if model else "",
    }


def _checked(body: bytes, upstream: Upstream) -> JSONDict:
    try:
        told = parsed(body)
    except BadEvent as error:
        said = failures.quoted(str(error), upstream)
        raise NotAnAnswer(f"{upstream.provider} sent something that is not JSON{said}") from None
    if told.get("error"):
        said = failures.quoted(failures.message_in(told), upstream)
        raise ProviderFailed(f"{upstream.provider} reported an error{said}")
    data = told.get("data")
    if not isinstance(data, list) or not all(
        isinstance(each, dict) and isinstance(each.get("embedding"), str | list) for each in data
    ):
        raise NotAnAnswer(f"{upstream.provider} sent JSON that holds no embeddings.")
    return told
