"""Answers in OpenAI's form that were not in it before: made here, for whoever asked in that form."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from apps.common.ids import uuid7
from apps.common.types import JSONDict
from apps.gateway.asks import Ask
from apps.gateway.calls import Upstream
from apps.gateway.upstreams.answers import StreamedAnswer
from apps.gateway.upstreams.events import END, event_of
from apps.gateway.usage import Usage


def completion(model: str, text: str, usage: Usage) -> JSONDict:
    """Return a whole chat completion of one choice."""
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    head = {"id": _new_id(), "object": "chat.completion", "created": int(time.time())}
    return {**head, "model": model, "choices": [choice], "usage": told_usage(usage)}


def told_usage(usage: Usage) -> JSONDict:
    """Return counts as a completion tells them."""
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
    }


class Stream:
    """The events of a stream of one choice, made as its words come."""

    def __init__(self, model: str) -> None:
        """Begin a stream that says it is from this model."""
        self._head: JSONDict = {
            "id": _new_id(), "object": "chat.completion.chunk", "created": int(time.time()),
            "model": model,
        }  # fmt: skip

    def begin(self) -> bytes:
        """Return the event that says who speaks."""
        return _event(self._head, {"role": "assistant", "content": ""})

    def say(self, words: str) -> bytes:
        """Return the event of more words."""
        return _event(self._head, {"content": words})

    def end(self, usage: Usage) -> bytes:
        """Return the last events."""
        counted = event_of({**self._head, "choices": [], "usage": told_usage(usage)})
        return _event(self._head, {}, "stop") + counted + END


def stream_of(model: str, words: Iterable[str], usage: Usage) -> Iterator[bytes]:
    """Yield the events of a stream that says these words."""
    stream = Stream(model)
    yield stream.begin()
    for word in words:
        yield stream.say(word)
    yield stream.end(usage)


def as_stream(told: JSONDict, ask: Ask, upstream: Upstream) -> StreamedAnswer:
    """Return a whole completion as the stream that was asked for."""
    events = iter([*_chunks(told), END])

    async def read() -> bytes:
        return next(events, b"")

    return StreamedAnswer(upstream, read, shows_usage=ask.wants_usage)


def _chunks(told: JSONDict) -> Iterator[bytes]:
    head = {"id": told.get("id") or _new_id(), "object": "chat.completion.chunk"}
    head |= {"created": told.get("created") or int(time.time()), "model": told.get("model", "")}
    for choice in told["choices"]:
        message = dict(choice.get("message") or {})
        for place, call in enumerate(message.get("tool_calls") or ()):
            call.setdefault("index", place)
        index = choice.get("index", 0)
        yield _event(head, {"role": "assistant", **message}, index=index)
        yield _event(head, {}, choice.get("finish_reason") or "stop", index=index)
    if isinstance(told.get("usage"), dict):
        yield event_of({**head, "choices": [], "usage": told["usage"]})


def _event(head: JSONDict, delta: JSONDict, finish: str | None = None, index: int = 0) -> bytes:
    choice: dict[str, Any] = {"index": index, "delta": delta, "finish_reason": finish}
    return event_of({**head, "choices": [choice]})


def _new_id() -> str:
    return f"chatcmpl-{uuid7().hex}"
