"""Events of upstreams that say by their type what they are: passed on, and understood in passing."""

import re
from typing import Any

from apps.common.types import JSONDict
from apps.gateway.events import Events, data_of, parsed


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
