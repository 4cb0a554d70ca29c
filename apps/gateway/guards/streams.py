"""The events of a streamed answer: the texts in them pass through channels, whichever protocol it is in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.gateway.guards.bodies import redacted, without_echoes
from apps.gateway.guards.channels import Channel
from apps.gateway.guards.redacting import Redactor
from apps.gateway.protocols.bridge import named
from apps.gateway.upstreams.events import BadEvent, data_of, event_of, parsed

WORDS = ("content", "reasoning_content", "reasoning", "refusal")
DELTAS = ("text", "thinking", "partial_json")
STILL = frozenset({"ping", "error"})  # events that say nothing about the texts
Key = tuple[Any, ...]
Alone = Callable[[str], JSONDict]


@dataclass(frozen=True)
class Slot:
    """A text in an event; `alone` makes an event that says nothing else."""

    key: Key  # the first part: which of several answers it belongs to
    holder: JSONDict
    field: str
    alone: Alone
    is_json: bool = False


class Stream:
    """The events of one answer."""

    def __init__(self, redactor: Redactor, *, is_json: bool) -> None:
        """Begin; `is_json`: its words are JSON."""
        self._redactor = redactor
        self._is_json = is_json
        self._open: dict[Key, tuple[Channel, Alone]] = {}
        self._number: int | None = None  # of the next event, where they are numbered
        self._named = False

    def feed(self, part: bytes) -> bytes:
        """Return what whole events come to."""
        return b"".join(out for each in part.split(b"\n\n") if each for out in self._event(each))

    def end(self) -> bytes:
        """Return what is still held."""
        return b"".join(self._flushed(lambda _: True))

    def _event(self, event: bytes) -> Iterator[bytes]:
        data = data_of(event)
        if not data or data == b"[DONE]":
            if data:
                yield self.end()
            yield event + b"\n\n"
            return
        try:
            told = parsed(data)
        except BadEvent:
            return  # nobody can tell what it holds
        self._named = event.startswith(b"event:")
        told = without_echoes(told) if b'"logprobs"' in data else told
        yield from self._told(told)

    def _told(self, told: JSONDict) -> Iterator[bytes]:
        if "auterity" in told:
            if _is_anew(told["auterity"]):
                self._open.clear()
            yield self._written(told)
            return
        slots = list(slots_of(told, is_json=self._is_json))
        if not slots and told.get("type") is None:
            yield from self._ends(told)
            yield self._written(redacted(told, self._redactor, is_json=self._is_json))
        elif not slots:
            if told.get("type") not in STILL:
                yield self.end()
                told = redacted(told, self._redactor.uncounted(), is_json=self._is_json)
            yield self._written(told)
        else:
            yield from self._said(told, slots)

    def _said(self, told: JSONDict, slots: list[Slot]) -> Iterator[bytes]:
        keys = {each.key for each in slots}
        answers = {key[0] for key in keys}
        yield from self._flushed(lambda key: key[0] in answers and key not in keys)
        said = False
        for each in slots:
            channel, _ = self._open.get(each.key) or (self._channel(each), None)
            self._open[each.key] = channel, each.alone
            each.holder[each.field] = text = channel.feed(each.holder[each.field])
            said = said or bool(text)
        if _ends(told):
            yield from self._with_rest(told, slots)
        elif said or not _is_only(told, slots):
            yield self._written(told)

    def _with_rest(self, told: JSONDict, slots: list[Slot]) -> Iterator[bytes]:
        """Yield an event that ends texts in which it still says something."""
        for each in slots:
            channel, _ = self._open.pop(each.key)
            each.holder[each.field] += channel.end()
        yield from self._ends(told)
        yield self._written(told)

    def _ends(self, told: JSONDict) -> Iterator[bytes]:
        """Yield what is held of answers that an event of a chat ends."""
        ended = {each.get("index", 0) for each in _choices(told) if each.get("finish_reason")}
        yield from self._flushed(lambda key: key[0] in ended)

    def _flushed(self, chosen: Callable[[Key], bool]) -> Iterator[bytes]:
        for key in [key for key in self._open if chosen(key)]:
            channel, alone = self._open.pop(key)
            if rest := channel.end():
                yield self._written(alone(rest))
        self._redactor.check()

    def _channel(self, slot: Slot) -> Channel:
        return Channel(self._redactor, is_json=slot.is_json)

    def _written(self, told: JSONDict) -> bytes:
        self._redactor.check()
        if "sequence_number" in told:
            self._number = int(told["sequence_number"]) if self._number is None else self._number
            told = {**told, "sequence_number": self._number}
            self._number += 1
        return named(told) if self._named and "type" in told else event_of(told)


def slots_of(told: JSONDict, *, is_json: bool) -> Iterator[Slot]:
    """Yield the texts in an event."""
    delta = told.get("delta")
    if isinstance(delta, str):  # of Responses
        key = (
            told.get("output_index", 0),
            told.get("content_index"),
            told.get("summary_index"),
            told.get("type"),
        )
        holds_json = "arguments" in str(told.get("type")) or is_json
        yield Slot(key, told, "delta", partial(_delta_alone, told), holds_json)
    elif isinstance(delta, dict):  # of Messages
        for name in DELTAS:
            if isinstance(delta.get(name), str):
                yield _of_message(told, delta, name, is_json=is_json)
    for choice in _choices(told):
        yield from _of_choice(told, choice, is_json=is_json)


def _of_message(told: JSONDict, delta: JSONDict, name: str, *, is_json: bool) -> Slot:
    def alone(text: str) -> JSONDict:
        return {**told, "delta": {**delta, name: text}}

    return Slot((told.get("index", 0), name), delta, name, alone, is_json or name == "partial_json")


def _of_choice(told: JSONDict, choice: JSONDict, *, is_json: bool) -> Iterator[Slot]:
    delta = choice.get("delta")
    if not isinstance(delta, dict):
        return
    index = choice.get("index", 0)
    for name in WORDS:
        if isinstance(delta.get(name), str):
            alone = partial(_words_alone, told, index, name)
            yield Slot((index, name), delta, name, alone, is_json and name == "content")
    for place, function in _functions(delta):
        if isinstance(function, dict) and isinstance(function.get("arguments"), str):
            alone = partial(_arguments_alone, told, index, place)
            yield Slot((index, "call", place), function, "arguments", alone, is_json=True)


def _functions(delta: JSONDict) -> Iterator[tuple[int | None, JSON]]:
    """Yield what tools are called with; None is the place of the only one, as it was called once."""
    for call in delta.get("tool_calls") or ():
        if isinstance(call, dict):
            yield call.get("index", 0), call.get("function")
    yield None, delta.get("function_call")


def _delta_alone(told: JSONDict, text: str) -> JSONDict:
    return {**told, "delta": text}


def _words_alone(told: JSONDict, index: int, name: str, text: str) -> JSONDict:
    return _choice_alone(told, index, {name: text})


def _arguments_alone(told: JSONDict, index: int, place: int | None, text: str) -> JSONDict:
    if place is None:
        return _choice_alone(told, index, {"function_call": {"arguments": text}})
    call = {"index": place, "function": {"arguments": text}}
    return _choice_alone(told, index, {"tool_calls": [call]})


def _choice_alone(told: JSONDict, index: int, delta: JSONDict) -> JSONDict:
    head = {name: each for name, each in told.items() if name not in ("choices", "usage")}
    return {**head, "choices": [{"index": index, "delta": delta, "finish_reason": None}]}


def _choices(told: JSONDict) -> list[JSONDict]:
    choices = told.get("choices")
    return [each for each in choices if isinstance(each, dict)] if isinstance(choices, list) else []


def _ends(told: JSONDict) -> bool:
    return any(each.get("finish_reason") for each in _choices(told))


def _is_only(told: JSONDict, slots: list[Slot]) -> bool:
    """Tell whether an event says nothing but these texts, so that without them it is not needed."""
    if not _choices(told):
        return True
    if told.get("usage") or len(_choices(told)) > 1:
        return False
    (choice,) = _choices(told)
    if any("id" in call for call in choice["delta"].get("tool_calls") or ()):
        return False
    spoken = {each.field for each in slots if each.holder is choice["delta"]}
    return not set(choice["delta"]) - spoken - {"tool_calls"}


def _is_anew(remark: JSON) -> bool:
    failover = remark.get("failover") if isinstance(remark, dict) else None
    return isinstance(failover, dict) and failover.get("mode") == "restart"
