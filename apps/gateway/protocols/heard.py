"""Events of upstreams that say by their type what they are: passed on, and understood in passing."""

import re
from typing import Any

from apps.common.types import JSONDict
from apps.gateway.upstreams.events import Events, data_of, parsed


class TypedEvents(Events):
    """What has come of a stream whose events have types."""

    def __init__(self) -> None:
        super().__init__(shows_usage=True)

    def _is_shown(self, event: bytes) -> bool:
        if self.done or self.notable.search(event) is None:
            return not self.done
        told = parsed(data_of(event))
        self._take(str(told.get("type")), told)
        return self.error is None

    def _take(self, kind: str, told: JSONDict) -> None:
        """Take in what a notable event tells."""
        raise NotImplementedError


class ResponsesEvents(TypedEvents):
    """What has come of a stream of OpenAI's Responses."""

    notable = re.compile(rb'"type"\s*:\s*"(?:error|response\.(?:completed|incomplete|failed))"')
    words = re.compile(rb'"type"\s*:\s*"response\.(?:[a-z_.]+\.delta|completed|incomplete)"')

    def _take(self, kind: str, told: JSONDict) -> None:
        response = _object(told.get("response"))
        if kind == "error":
            self.error = told.get("error") or {"message": str(told.get("message") or "")}
        elif kind == "response.failed":
            self.error = response.get("error") or {"message": ""}
        elif kind in ("response.completed", "response.incomplete"):
            self.usage = _object(response.get("usage")) or None
            self.done = True


def _object(value: Any) -> JSONDict:
    return value if isinstance(value, dict) else {}


class MessagesEvents(TypedEvents):
    """What has come of a stream of Anthropic's Messages, which tells its usage in two events."""

    notable = re.compile(rb'"type"\s*:\s*"(?:error|message_(?:start|delta|stop))"')
    words = re.compile(rb'"type"\s*:\s*"(?:content_block_delta|message_delta)"')

    def __init__(self) -> None:
        super().__init__()
        self._usage: JSONDict = {}

    def _take(self, kind: str, told: JSONDict) -> None:
        if kind == "error":
            self.error = told.get("error") or {"message": ""}
        elif kind == "message_start":
            self._usage = _object(_object(told.get("message")).get("usage"))
        elif kind == "message_delta":
            self._usage = {**self._usage, **_object(told.get("usage"))}
            self.usage = counted(self._usage)
        elif kind == "message_stop":
            self.done = True


def counted(usage: JSONDict) -> JSONDict:
    """Return Anthropic's usage as OpenAI tells it: what was cached is part of the input."""
    cached, written = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    parts = (usage.get("input_tokens"), cached, written)
    details = {"cached_tokens": cached or 0, "cache_creation_tokens": written or 0}
    return {
        "input_tokens": sum(each for each in parts if isinstance(each, int)),
        "output_tokens": usage.get("output_tokens"),
        "input_tokens_details": details,
    }
