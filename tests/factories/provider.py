"""A model provider of ours: a real HTTP server on loopback that speaks OpenAI's chat protocol.

The name of the asked model says how it behaves: `ok`, `whole` (no stream), `tool`, `no-usage`,
`error-401`, `error-429`, `error-500`, `garbage`, `html`, `silent`, `stalls`, `cut`, `broken`,
`lies-less` and others of `LIES`.
It also answers in Anthropic's and Gemini's dialects, for the translated providers.
"""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from pytest_django import Settings

WORDS = ("Hello", " from", " the", " fake")
USAGE = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}
# What some models say instead.
LIES: dict[str, Any] = {
    "lies-less": {"prompt_tokens": -1000, "completion_tokens": -5, "total_tokens": -1005},
    "lies-text": {"prompt_tokens": "many", "completion_tokens": None},
    "lies-huge": {"prompt_tokens": 10**30, "completion_tokens": 10**30},
    "lies-none": [],
}
SECRET = "sk-canary-0123456789-do-not-show"


@dataclass
class Asked:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class FakeProvider:
    """Where it is, and what it was asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    ill: bool = False  # whether every model fails for now

    @property
    def origin(self) -> str:
        return self.url.removesuffix("/v1")

    @property
    def models(self) -> list[str]:
        return [each.body.get("model", "") for each in self.asked]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.text() or "{}")
        self.asked.append(Asked(request.path, dict(request.headers), body))
        model = str(body.get("model", ""))
        if self.ill:
            return _error(503, request)
        if model.startswith("error-"):
            return _error(int(model.removeprefix("error-")), request)
        return await HOWS.get(model, _stream)(request, body)

    async def answer_in_dialect(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.text())
        self.asked.append(Asked(request.path, dict(request.headers), body))
        if "refused" in request.path + str(body.get("model")):
            return _error(401, request)
        return await (_anthropic if request.path.endswith("/messages") else _gemini)(request)


def _error(status: int, request: web.Request) -> web.Response:
    said = f"no, {request.headers.get('Authorization', '')} will not do"
    error = {"message": said, "type": "test", "param": None, "code": "test"}
    headers = {"Retry-After": "7"} if status == 429 else {}
    return web.json_response({"error": error}, status=status, headers=headers)


def _chunk(model: str, **choice: Any) -> dict[str, Any]:
    choices = [{"index": 0, "finish_reason": None, **choice}] if choice else []
    return {"id": "c1", "object": "chat.completion.chunk", "model": model, "choices": choices}


async def _begin(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await answer.prepare(request)
    return answer


async def _say(answer: web.StreamResponse, data: Any) -> None:
    await answer.write(f"data: {json.dumps(data)}\n\n".encode())


async def _stream(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    answer, model = await _begin(request), body["model"]
    words: tuple[str, ...] = WORDS
    if body.get("response_format"):
        words = ('{"answer":', ' "yes"}')
    await _say(answer, _chunk(model, delta={"role": "assistant", "content": ""}))
    for word in words:
        await answer.write(b": keep alive\n\n")
        await _say(answer, _chunk(model, delta={"content": word}))
    await _say(answer, _chunk(model, delta={}, finish_reason="stop"))
    usage = LIES.get(model, USAGE)
    if body["stream_options"]["include_usage"] and model != "no-usage":
        await _say(answer, {**_chunk(model), "usage": usage})
    await answer.write(b"data: [DONE]\n\n")
    return answer


async def _whole(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    message = {"role": "assistant", "content": "".join(WORDS)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return web.json_response({"id": "c", "model": "whole", "choices": [choice], "usage": USAGE})


async def _tool(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    answer = await _begin(request)
    function = {"name": "look_up", "arguments": '{"q": "x"}'}
    call = {"index": 0, "id": "t1", "type": "function", "function": function}
    await _say(answer, _chunk("tool", delta={"role": "assistant", "tool_calls": [call]}))
    await _say(answer, _chunk("tool", delta={}, finish_reason="tool_calls"))
    await answer.write(b"data: [DONE]\n\n")
    return answer


async def _garbage(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    answer = await _begin(request)
    await answer.write(b"data: {this is not json\n\n")
    return answer


async def _html(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    return web.Response(text="<html><body>Welcome</body></html>", content_type="text/html")


async def _silent(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    answer = await _begin(request)
    await asyncio.Event().wait()
    return answer


async def _stalls(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    answer = await _begin(request)
    await _say(answer, _chunk("stalls", delta={"content": "Hello"}))
    await asyncio.Event().wait()
    return answer


async def _cut(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    answer = await _begin(request)
    await _say(answer, _chunk("cut", delta={"content": "Hello"}))
    assert request.transport
    request.transport.close()
    return answer


async def _broken(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    answer = await _begin(request)
    await _say(answer, _chunk("broken", delta={"content": "Hello"}))
    await _say(answer, {"error": {"message": "overloaded", "code": 503}})
    return answer


How = Callable[[web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]
HOWS: dict[str, How] = {
    "whole": _whole, "tool": _tool, "garbage": _garbage, "html": _html, "silent": _silent,
    "stalls": _stalls, "cut": _cut, "broken": _broken,
}  # fmt: skip


async def _anthropic(request: web.Request) -> web.StreamResponse:
    answer = await _begin(request)
    usage = {"input_tokens": 11, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "c"}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": w}}
            for w in WORDS
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": 5},
        },
        {"type": "message_stop"},
    ]
    for event in events:
        await answer.write(f"event: {event['type']}\n".encode())
        await _say(answer, event)
    return answer


async def _gemini(request: web.Request) -> web.StreamResponse:
    answer = await _begin(request)
    usage = {"promptTokenCount": 11, "candidatesTokenCount": 5, "totalTokenCount": 16}
    for word in WORDS:
        content = {"parts": [{"text": word}], "role": "model"}
        last = {"finishReason": "STOP"} if word == WORDS[-1] else {}
        candidate = {"content": content, "index": 0, **last}
        await _say(answer, {"candidates": [candidate], "usageMetadata": usage})
    return answer


class _Server(threading.Thread):
    """Serves until it is stopped, on a loop of its own, so that tests need none."""

    def __init__(self, fake: FakeProvider) -> None:
        super().__init__(daemon=True)
        self.fake, self.ready, self.loop = fake, threading.Event(), asyncio.new_event_loop()

    def run(self) -> None:
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self) -> None:
        self.stopped = asyncio.Event()
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self.fake.answer)
        app.router.add_post("/{rest:.*}", self.fake.answer_in_dialect)
        runner = web.AppRunner(app, shutdown_timeout=0.05, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        self.ready.set()
        await self.stopped.wait()
        await runner.cleanup()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.join(5)


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    """A provider on loopback, allowed by its exact port."""
    provider = FakeProvider()
    server = _Server(provider)
    server.start()
    server.ready.wait(5)
    settings.EGRESS_ALLOW = [provider.origin]
    yield provider
    server.stop()
