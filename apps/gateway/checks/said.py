"""What a whole answer says: its words, the tools that it calls, and how it ended."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.gateway.upstreams.events import data_of


@dataclass
class ToolCall:
    """A tool that is called, with its arguments as they were written."""

    name: str = ""
    arguments: str = ""
    id: str = ""


@dataclass
class Said:
    """What came of a chat completion, whole or in events."""

    text: str = ""
    refusal: str = ""
    finish: str = ""
    calls: dict[str, ToolCall] = field(default_factory=dict)

    def take(self, told: JSON) -> None:
        """Take in a completion, or a part of one."""
        choices = told.get("choices") if isinstance(told, dict) else None
        choice: Any = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict):
            return
        self.finish = _text(choice, "finish_reason") or self.finish
        message = choice.get("message") or choice.get("delta")
        if isinstance(message, dict):
            self.text += _text(message, "content")
            self.refusal += _text(message, "refusal")
            self._take_calls(message.get("tool_calls"))

    def _take_calls(self, calls: Any) -> None:
        for place, each in enumerate(calls if isinstance(calls, list) else ()):
            if not isinstance(each, dict):
                continue
            call = self._call(each.get("index", place), _text(each, "id"))
            function = each.get("function")
            if isinstance(function, dict):
                call.name += _text(function, "name")
                call.arguments += _text(function, "arguments")

    def _call(self, index: Any, given: str) -> ToolCall:
        """Return the call that a part belongs to; some servers give several calls one index."""
        name = str(index)
        found = self.calls.get(name)
        if found is not None and given and found.id and given != found.id:
            name = f"{name} {given}"
            found = self.calls.get(name)
        if found is None:
            found = self.calls[name] = ToolCall(id=given)
        return found


def said_in(parts: Iterable[bytes], *, streams: bool) -> Said:
    """Return what an answer says."""
    said = Said()
    whole = b"".join(parts)
    for data in map(data_of, whole.split(b"\n\n")) if streams else (whole,):
        if data and data != b"[DONE]":
            said.take(_parsed(data))
    return said


def _parsed(data: bytes) -> JSON:
    try:
        told: JSON = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return told


def _text(told: JSONDict, name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""
