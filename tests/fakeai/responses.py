"""OpenAI's Responses, as an upstream that speaks them answers; the model's name says how."""

import asyncio
from typing import Any

from aiohttp import web

from tests.fakeai.chat import HEARD_S, WORDS, Body, begin, error, say

USAGE: Body = {
    "input_tokens": 1000,
    "input_tokens_details": {"cached_tokens": 400},
    "output_tokens": 200,
    "output_tokens_details": {"reasoning_tokens": 50},
    "total_tokens": 1200,
}


async def respond(request: web.Request, body: Body) -> web.StreamResponse:
    """Answer with a response; `error-<status>`, `cut`, `failed` and `long` models are special."""
    model = str(body["model"])
    if model.startswith("error-"):
        return error(int(model.removeprefix("error-")), request)
    if not body.get("stream"):
        return web.json_response(_response(body, "completed"))
    said = await begin(request)
    for place, event in enumerate(_events(body)):
        named = {"type": event.pop("type"), "sequence_number": place, **event}
        await said.write(f"event: {named['type']}\n".encode())
        await say(said, named)
        if model in ("cut", "failed") and "delta" in named:
            await asyncio.sleep(HEARD_S)
            break
    if model == "cut":
        assert request.transport
        request.transport.close()
    if model == "failed":
        failure = {"code": "server_error", "message": "overloaded"}
        response = {**_response(body, "failed"), "error": failure}
        await say(said, {"type": "response.failed", "response": response})
    return said


def _events(body: Body) -> list[Body]:
    begun = {**_response(body, "in_progress"), "output": [], "usage": None}
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    words = [{"type": "response.output_text.delta", **where, "delta": word} for word in WORDS]
    item: Body = {"id": "msg_1", "type": "message", "role": "assistant", "content": []}
    part: Body = {"type": "output_text", "text": "", "annotations": []}
    whole = _response(body, "completed")["output"][0]
    end = "incomplete" if body["model"] == "long" else "completed"
    return [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **where, "part": part},
        *words,
        {"type": "response.output_text.done", **where, "text": "".join(WORDS)},
        {"type": "response.content_part.done", **where, "part": whole["content"][0]},
        {"type": "response.output_item.done", "output_index": 0, "item": whole},
        {"type": f"response.{end}", "response": _response(body, end)},
    ]


def _response(body: Body, status: str) -> Body:
    part: dict[str, Any] = {"type": "output_text", "text": "".join(WORDS), "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "content": [part]}
    return {
        "id": "resp_of_upstream", "object": "response", "created_at": 1_700_000_000,
        "status": status, "error": None, "model": body["model"], "output": [item], "usage": USAGE,
        "tools": body.get("tools", []), "store": body.get("store"),
    }  # fmt: skip
