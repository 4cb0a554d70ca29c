"""Anthropic's Messages, as Anthropic answers; the model's name says how."""

import asyncio
from typing import Any

from aiohttp import web

from tests.fakeai.chat import HEARD_S, WORDS, Body, begin, say

THOUGHT: Body = {"type": "thinking", "thinking": "Hm.", "signature": "signed"}
USED: Body = {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {"q": "x"}}
BEGUN: Body = {
    "input_tokens": 11, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 2,
    "output_tokens": 1,
}  # fmt: skip
ERRORS = {
    400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error",
    429: "rate_limit_error", 529: "overloaded_error",
}  # fmt: skip


async def answer(request: web.Request, body: Body) -> web.StreamResponse:
    """Answer; the models `error-<status>`, `cut`, `overloaded`, `think` and `tool` are special."""
    model = str(body["model"])
    if model.startswith("error-"):
        return refused(int(model.removeprefix("error-")))
    if request.path.endswith("/count_tokens"):
        return web.json_response({"input_tokens": 42})
    if body.get("stream"):
        return await _stream(request, model)
    content = _content(model)
    usage = {**BEGUN, "output_tokens": 5}
    return web.json_response({**_message(model), "content": content, "usage": usage})


def refused(status: int) -> web.Response:
    """Refuse as Anthropic does."""
    error = {"type": ERRORS[status], "message": "no, that will not do"}
    return web.json_response({"type": "error", "error": error}, status=status)


async def _stream(request: web.Request, model: str) -> web.StreamResponse:
    said = await begin(request)
    for event in _events(model):
        await said.write(f"event: {event['type']}\n".encode())
        await say(said, event)
        if model in ("cut", "overloaded") and event["type"] == "content_block_delta":
            await asyncio.sleep(HEARD_S)
            break
    if model == "cut":
        assert request.transport
        request.transport.close()
    if model == "overloaded":
        error = {"type": "overloaded_error", "message": "Overloaded"}
        await said.write(b"event: error\n")
        await say(said, {"type": "error", "error": error})
    return said


def _events(model: str) -> list[Body]:
    begun = {**_message(model), "stop_reason": None, "content": [], "usage": BEGUN}
    events: list[Body] = [{"type": "message_start", "message": begun}, {"type": "ping"}]
    for place, block in enumerate(_content(model)):
        at = {"index": place}
        empty, deltas = _in_pieces(block)
        events.append({"type": "content_block_start", **at, "content_block": empty})
        events += [{"type": "content_block_delta", **at, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", **at})
    stop = {"stop_reason": _message(model)["stop_reason"], "stop_sequence": None}
    events.append({"type": "message_delta", "delta": stop, "usage": {"output_tokens": 5}})
    return [*events, {"type": "message_stop"}]


def _in_pieces(block: Body) -> tuple[Body, list[Body]]:
    if block["type"] == "thinking":
        return {**block, "thinking": "", "signature": ""}, [
            {"type": "thinking_delta", "thinking": block["thinking"]},
            {"type": "signature_delta", "signature": block["signature"]},
        ]
    if block["type"] == "tool_use":
        pieces = ('{"q":', ' "x"}')
        return {**block, "input": {}}, [
            {"type": "input_json_delta", "partial_json": piece} for piece in pieces
        ]
    return {**block, "text": ""}, [{"type": "text_delta", "text": word} for word in WORDS]


def _content(model: str) -> list[Body]:
    text: Body = {"type": "text", "text": "".join(WORDS)}
    return {"think": [THOUGHT, text], "tool": [USED]}.get(model, [text])


def _message(model: str) -> dict[str, Any]:
    reason = "tool_use" if model == "tool" else "end_turn"
    head = {"id": "msg_of_upstream", "type": "message", "role": "assistant", "model": model}
    return {**head, "stop_reason": reason, "stop_sequence": None}
