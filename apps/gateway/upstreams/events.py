"""Server-sent events of an upstream: cut into whole ones and passed on as they are.

Nothing is parsed that need not be: one search over the bytes finds the few events that tell what
the gateway must know (usage, an error, the end).
"""

import json
import re
from typing import Any

from apps.common.types import JSONDict

END = b"data: [DONE]\n\n"
MAX_EVENT = 16 << 20
# Inside of a text such a word would have its quotes escaped.
NOTABLE = re.compile(
    rb'"(?:usage|error)"\s*:\s*[{"]|"finish_reason"\s*:\s*"|\[DONE\]', re.IGNORECASE
)
SPOKEN = re.compile(
    rb'"(?:content|reasoning_content|reasoning|refusal|arguments|name|finish_reason)"\s*:\s*"[^"]'
)
MODEL = re.compile(rb'"model"\s*:\s*"([^"\\]{1,200})"')


class BadEvent(ValueError):
    """An event that should be JSON is none."""


class Events:
    """What has come of a stream so far. `shows_usage`: whether the asker wants that event too."""

    notable, words = NOTABLE, SPOKEN

    def __init__(self, *, shows_usage: bool) -> None:
        self.usage: JSONDict | None = None
        self.error: Any = None
        self.model = ""
        self.spoken = False  # whether anything of the answer was said
        self.finished = False  # whether the model said that it ended
        self.done = False  # whether the stream did
        self.count = 0
        self._shows_usage = shows_usage
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> bytes:
        """Return the whole events that this chunk completes. Raises BadEvent."""
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not self._rest and chunk.endswith(b"\n\n"):
            return self._noted(chunk)
        seen = max(0, len(self._rest) - 1)
        self._rest += chunk
        cut = self._rest.rfind(b"\n\n", seen)
        if cut < 0:
            if len(self._rest) > MAX_EVENT:
                raise BadEvent("An event is larger than allowed.")
            return b""
        whole = bytes(self._rest[: cut + 2])
        del self._rest[: cut + 2]
        return self._noted(whole)

    def end(self) -> bytes:
        """Return the last event where the stream ended without the empty line after it."""
        rest, self._rest = bytes(self._rest).strip(), bytearray()
        return self._noted(rest + b"\n\n") if rest else b""

    def _noted(self, whole: bytes) -> bytes:
        if self.done:
            return b""
        self.count += whole.count(b"data:")
        if not self.spoken and self.words.search(whole):
            self.spoken = True
        if not self.model and (found := MODEL.search(whole)):
            self.model = found[1].decode(errors="replace")
        if self.notable.search(whole) is None:
            return whole
        events = (each for each in whole.split(b"\n\n") if each)
        return b"".join(each + b"\n\n" for each in events if self._is_shown(each))

    def _is_shown(self, event: bytes) -> bool:
        """Take in what an event tells; return whether it is passed on."""
        if self.done or self.notable.search(event) is None:
            return not self.done
        data = data_of(event)
        if data == b"[DONE]":
            self.done = True
            return True
        told = parsed(data)
        if told.get("error"):
            self.error = told["error"]
            return False
        choices = told.get("choices")
        if choices and isinstance(choices[0], dict) and choices[0].get("finish_reason"):
            self.finished = True
        if isinstance(told.get("usage"), dict):
            self.usage = told["usage"]
            return bool(choices) or self._shows_usage
        return True


def data_of(event: bytes) -> bytes:
    """Return the data of one event; empty for a comment."""
    if event.startswith(b"data: ") and b"\n" not in event:
        return event[6:].strip()
    lines = (line for line in event.split(b"\n") if line.startswith(b"data:"))
    return b"\n".join(line[5:].strip() for line in lines)


def parsed(data: bytes) -> JSONDict:
    """Return the object that an event tells. Raises BadEvent."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadEvent(data[:200].decode(errors="replace")) from error
    if not isinstance(value, dict):
        raise BadEvent(data[:200].decode(errors="replace"))
    return value


def event_of(value: JSONDict) -> bytes:
    """Return an object as one event."""
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"
