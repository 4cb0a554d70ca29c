"""A chat's answer as OpenAI's Responses tell it, in their exact order of events."""

import itertools
import time
from typing import Any

from apps.common.ids import uuid7
from apps.common.types import JSONDict
from apps.gateway.asks import Ask
from apps.gateway.protocols.telling import Block, Events, Kind, Teller
from apps.gateway.usage import Usage

PREFIXES = {Kind.THINKING: "rs", Kind.CALL: "fc"}
INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
# What a response repeats of the call, and what stands there where the call does not say.
REPEATED: dict[str, Any] = {
    "instructions": None, "max_output_tokens": None, "metadata": {}, "parallel_tool_calls": True,
    "temperature": None, "tool_choice": "auto", "tools": [], "top_p": None, "truncation": "disabled",
    "user": None,
}  # fmt: skip


class ResponsesTeller(Teller):
    """Tells a chat as a response; each block is an item of its output."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self._id = f"resp_{uuid7().hex}"
        self._made = int(time.time())
        self._item_ids: list[str] = []
        self._numbers = itertools.count()

    def begun(self) -> Events:
        for name in ("created", "in_progress"):
            yield self._event(name, response=self._response("in_progress"))

    def opened(self, block: Block) -> Events:
        self._item_ids.append(f"{PREFIXES.get(block.kind, 'msg')}_{uuid7().hex}")
        item = self._item(block, "in_progress")
        yield self._event("output_item.added", output_index=block.place, item=item)
        if block.kind != Kind.CALL:
            yield self._of_part("added", block)

    def added(self, block: Block, words: str) -> Events:
        yield self._of_words("delta", block, delta=words)

    def closed(self, block: Block) -> Events:
        yield self._of_words("done", block, **_said(block))
        if block.kind != Kind.CALL:
            yield self._of_part("done", block)
        item = self._item(block, "completed")
        yield self._event("output_item.done", output_index=block.place, item=item)

    def ended(self) -> Events:
        whole = self.whole()
        yield self._event(whole["status"], response=whole)

    def whole(self) -> JSONDict:
        reason = INCOMPLETE.get(self.finish)
        response = self._response("incomplete" if reason else "completed")
        if reason:
            response["incomplete_details"] = {"reason": reason}
        response["output"] = [self._item(block, "completed") for block in self.blocks]
        response["usage"] = _usage(self.usage)
        return response

    def _of_part(self, what: str, block: Block) -> JSONDict:
        part = _part(block)
        if block.kind == Kind.THINKING:
            return self._inside(f"reasoning_summary_part.{what}", block, "summary", part=part)
        return self._inside(f"content_part.{what}", block, "content", part=part)

    def _of_words(self, what: str, block: Block, **more: Any) -> JSONDict:
        if block.kind == Kind.THINKING:
            return self._inside(f"reasoning_summary_text.{what}", block, "summary", **more)
        if block.kind == Kind.REFUSAL:
            return self._inside(f"refusal.{what}", block, "content", **more)
        if block.kind == Kind.TEXT:
            return self._inside(f"output_text.{what}", block, "content", **more, logprobs=[])
        return self._inside(f"function_call_arguments.{what}", block, **more)

    def _inside(self, what: str, block: Block, holder: str = "", **more: Any) -> JSONDict:
        """Return an event about something inside of an item; of parts there is one."""
        where = {"item_id": self._item_ids[block.place], "output_index": block.place}
        return self._event(what, **where, **({f"{holder}_index": 0} if holder else {}), **more)

    def _event(self, what: str, **more: Any) -> JSONDict:
        return {"type": f"response.{what}", "sequence_number": next(self._numbers), **more}

    def _item(self, block: Block, status: str) -> JSONDict:
        head = {"id": self._item_ids[block.place]}
        parts = [_part(block)] if status == "completed" else []
        if block.kind == Kind.THINKING:
            return {**head, "type": "reasoning", "summary": parts}
        if block.kind == Kind.CALL:
            call = {"call_id": block.call_id, "name": block.name, "arguments": block.words}
            return {**head, "type": "function_call", "status": status, **call}
        return {**head, "type": "message", "status": status, "role": "assistant", "content": parts}

    def _response(self, status: str) -> JSONDict:
        body = self.ask.body
        asked = {name: body.get(name, default) for name, default in REPEATED.items()}
        return {
            "id": self._id, "object": "response", "created_at": self._made, "status": status,
            "background": False, "error": None, "incomplete_details": None, **asked,
            "model": self.model, "output": [], "previous_response_id": None,
            "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
            "store": False, "text": body.get("text") or {"format": {"type": "text"}}, "usage": None,
        }  # fmt: skip


def _part(block: Block) -> JSONDict:
    if block.kind == Kind.THINKING:
        return {"type": "summary_text", "text": block.words}
    if block.kind == Kind.REFUSAL:
        return {"type": "refusal", "refusal": block.words}
    return {"type": "output_text", "text": block.words, "annotations": [], "logprobs": []}


def _said(block: Block) -> JSONDict:
    """Return all words of a block under the name that its event has for them."""
    if block.kind == Kind.CALL:
        return {"arguments": block.words, "name": block.name}
    return {"refusal" if block.kind == Kind.REFUSAL else "text": block.words}


def _usage(usage: Usage) -> JSONDict:
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }
