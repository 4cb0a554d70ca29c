"""A chat's answer as Anthropic's Messages tell it, in their exact order of events."""

import json
from typing import Any

from apps.common.ids import uuid7
from apps.common.types import JSONDict
from apps.gateway.asks import Ask
from apps.gateway.exceptions import NotAnAnswer
from apps.gateway.protocols.telling import Block, Events, Kind, Teller
from apps.gateway.usage import Usage

REASONS = {"length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}


class MessagesTeller(Teller):
    """Tells a chat as a message; thoughts only to those who asked for them."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self._id = f"msg_{uuid7().hex}"
        thinking = ask.body.get("thinking")
        wish = thinking.get("type") if isinstance(thinking, dict) else None
        self.shows_thoughts = wish in ("enabled", "adaptive")

    def _say(self, kind: Kind, words: str) -> Events:
        if kind == Kind.THINKING and not self.shows_thoughts:
            return
        # What a model refuses is told in words; the reason to stop says what it is.
        yield from super()._say(Kind.TEXT if kind == Kind.REFUSAL else kind, words)

    def begun(self) -> Events:
        begun = self._message([], None, Usage(self.ask.input_tokens(), 0))
        yield {"type": "message_start", "message": begun}

    def opened(self, block: Block) -> Events:
        shown = _empty(block)
        yield {"type": "content_block_start", "index": block.place, "content_block": shown}

    def added(self, block: Block, words: str) -> Events:
        yield {"type": "content_block_delta", "index": block.place, "delta": _delta(block, words)}

    def closed(self, block: Block) -> Events:
        yield {"type": "content_block_stop", "index": block.place}

    def ended(self) -> Events:
        delta = {"stop_reason": self._reason(), "stop_sequence": None}
        yield {"type": "message_delta", "delta": delta, "usage": _usage(self.usage)}
        yield {"type": "message_stop"}

    def whole(self) -> JSONDict:
        return self._message([_whole(block) for block in self.blocks], self._reason(), self.usage)

    def _reason(self) -> str:
        if any(block.kind == Kind.CALL for block in self.blocks):
            return "tool_use"  # not every server says so
        return REASONS.get(self.finish, "end_turn")

    def _message(self, content: list[JSONDict], reason: str | None, usage: Usage) -> JSONDict:
        return {
            "id": self._id, "type": "message", "role": "assistant", "model": self.model,
            "content": content, "stop_reason": reason, "stop_sequence": None,
            "usage": _usage(usage),
        }  # fmt: skip


def _empty(block: Block) -> JSONDict:
    if block.kind == Kind.CALL:
        return {"type": "tool_use", "id": block.call_id, "name": block.name, "input": {}}
    if block.kind == Kind.THINKING:
        return {"type": "thinking", "thinking": "", "signature": ""}
    return {"type": "text", "text": ""}


def _delta(block: Block, words: str) -> JSONDict:
    if block.kind == Kind.CALL:
        return {"type": "input_json_delta", "partial_json": words}
    if block.kind == Kind.THINKING:
        return {"type": "thinking_delta", "thinking": words}
    return {"type": "text_delta", "text": words}


def _whole(block: Block) -> JSONDict:
    shown = _empty(block)
    if block.kind == Kind.CALL:
        return {**shown, "input": _input(block)}
    return {**shown, "thinking" if block.kind == Kind.THINKING else "text": block.words}


def _input(block: Block) -> Any:
    try:
        return json.loads(block.words or "{}")
    except (ValueError, RecursionError):
        raise NotAnAnswer(
            f"The model called the tool {block.name[:80]} with arguments that are not JSON."
        ) from None


def _usage(usage: Usage) -> JSONDict:
    return {
        "input_tokens": usage.input - usage.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.output,
    }
