"""Chat completions and embeddings in OpenAI's form, as each model of the fake gives them."""

import asyncio
import base64
import hashlib
import json
import struct
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from aiohttp import web

from tests.fakeai.schemas import fitting

Body = dict[str, Any]
WORDS = ("Hello", " from", " the", " fake")
USAGE: Body = {
    "prompt_tokens": 1000,
    "completion_tokens": 200,
    "total_tokens": 1200,
    "prompt_tokens_details": {"cached_tokens": 400},
    "completion_tokens_details": {"reasoning_tokens": 50},
}
# What some models say instead.
LIES: dict[str, Any] = {
    "lies-less": {"prompt_tokens": -1000, "completion_tokens": -5, "total_tokens": -1005},
    "lies-text": {"prompt_tokens": "many", "completion_tokens": None},
    "lies-huge": {"prompt_tokens": 10**30, "completion_tokens": 10**30},
    "lies-none": [],
}
LOOK_UP = {"name": "look_up", "arguments": '{"q": "x"}'}
ADD = {"name": "add", "arguments": '{"a": 1, "b": 2}'}
DIMENSIONS = 4
APART = 0.045  # how far `near` lets texts lie apart, in each of 32 directions
HEARD_S = 0.1  # in which the first word is passed on before the rest goes wrong


def error(status: int, request: web.Request, **more: Any) -> web.Response:
    """Refuse, repeating the key: what a provider says must not be passed on unread."""
    said = f"no, {request.headers.get('Authorization', '')} will not do"
    body = {"message": said, "type": "test", "param": None, "code": "test", **more}
    headers = {"Retry-After": "7"} if status == 429 else {}
    return web.json_response({"error": body}, status=status, headers=headers)


async def answer(request: web.Request, body: Body) -> web.StreamResponse:
    """Answer as the model is told to by its name."""
    model = str(body.get("model", ""))
    name, _, number = model.rpartition("-")
    if name == "error":
        return error(int(number), request)
    if name == "slow":
        await asyncio.sleep(int(number) / 1000)
    if model in ODD:
        return await ODD[model](request, body)
    if not body.get("stream") or model == "whole":
        return web.json_response(completion(body))
    return await stream(request, list(chunks(body)), done=model != "no-done")


def completion(body: Body) -> Body:
    """Return the whole answer."""
    message: Body = {"role": "assistant", "content": "".join(words(body)) or None}
    if calls := tool_calls(body):
        message["tool_calls"] = calls
    if body["model"] == "reason":
        message["reasoning_content"] = "thinking"
    choice = {"index": 0, "message": message, "finish_reason": _finish(body)}
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000,
        "model": body["model"], "choices": [choice], "usage": LIES.get(body["model"], USAGE),
    }  # fmt: skip


def chunks(body: Body) -> Iterator[Body]:
    """Yield the events of a streamed answer; usage where it is asked for."""
    model = body["model"]
    yield _chunk(model, delta={"role": "assistant", "content": ""})
    if model == "reason":
        yield _chunk(model, delta={"reasoning_content": "thinking"})
    for word in words(body):
        yield _chunk(model, delta={"content": word})
    for place, call in enumerate(tool_calls(body)):
        head = {**call, "function": {**call["function"], "arguments": ""}}
        yield _chunk(model, delta={"tool_calls": [{"index": place, **head}]})
        for piece in _halves(call["function"]["arguments"]):
            fragment = {"index": place, "function": {"arguments": piece}}
            yield _chunk(model, delta={"tool_calls": [fragment]})
    last = _chunk(model, delta={}, finish_reason=_finish(body))
    wanted = (body.get("stream_options") or {}).get("include_usage")
    usage = LIES.get(model, USAGE)
    yield {**last, "usage": usage} if model == "usage-inside" else last
    if wanted and model not in ("no-usage", "usage-inside"):
        yield {**_chunk(model), "usage": usage}


def words(body: Body) -> tuple[str, ...]:
    """Return what is said, word by word."""
    if body.get("says") is not None:
        return _halves(body["says"])
    name, _, number = str(body["model"]).rpartition("-")
    if name == "long":
        return tuple(f" word{place}" for place in range(int(number)))
    if body["model"] == "echo":
        return (json.dumps(body["messages"][-1]["content"]),)
    if body["model"] == "says":
        return tuple(json.loads(body["messages"][-1]["content"]))
    if tool_calls(body):
        return ()
    wanted = body.get("response_format")
    return _halves(json.dumps(_formed(wanted))) if wanted else WORDS


def _formed(wanted: Body) -> Any:
    """Return an answer in the form that is asked for."""
    schema = (wanted.get("json_schema") or {}).get("schema")
    return {"answer": "yes"} if schema is None else fitting(schema)


def tool_calls(body: Body) -> list[Body]:
    """Return the tools that are asked for."""
    broken = {**LOOK_UP, "arguments": '{"q": '}
    tools = {"tool": [LOOK_UP], "tools": [LOOK_UP, ADD], "bad-arguments": [broken]}
    if body["model"] == "tool-once" and body["messages"][-1]["role"] != "tool":
        tools["tool-once"] = [LOOK_UP]
    if body["model"] == "calls":
        tools["calls"] = [{**LOOK_UP, "arguments": body["messages"][-1]["content"]}]
    functions = tools.get(body["model"], [])
    return [
        {"id": f"call_{place}", "type": "function", "function": function}
        for place, function in enumerate(functions)
    ]


async def embed(request: web.Request, body: Body) -> web.StreamResponse:
    """Answer with vectors, in the encoding that was asked for unless the model knows one only."""
    model = str(body["model"])
    if model.startswith("error-"):
        return error(int(model.removeprefix("error-")), request)
    given = body["input"]
    many = given if isinstance(given, list) and not isinstance(given[0], int) else [given]
    base64d = body.get("encoding_format") == "base64" and model != "floats"
    vectors = [near(each) if model == "near" else _vector(place) for place, each in enumerate(many)]
    data = [
        {"object": "embedding", "index": place, "embedding": _coded(vector, base64d)}
        for place, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 8, "total_tokens": 8}
    return web.json_response({"object": "list", "data": data, "model": model, "usage": usage})


async def stream(
    request: web.Request, events: list[Body], *, done: bool = True
) -> web.StreamResponse:
    """Send events one by one, with a sign of life before each, as some servers do."""
    said = await begin(request)
    for event in events:
        await said.write(b": keep alive\n\n")
        await say(said, event)
    if done:
        await said.write(b"data: [DONE]\n\n")
    return said


async def begin(request: web.Request) -> web.StreamResponse:
    """Begin a stream."""
    said = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await said.prepare(request)
    return said


async def say(said: web.StreamResponse, data: Any) -> None:
    """Send one event."""
    await said.write(f"data: {json.dumps(data)}\n\n".encode())


def near(text: str) -> list[float]:
    """Return a vector that lies near to every other one: a similarity of at least 0.95."""
    noise = hashlib.sha256(text.encode()).digest()
    return [1.0, *((each - 127.5) / 127.5 * APART for each in noise)]


def _vector(place: int) -> list[float]:
    return [place + 0.5] * DIMENSIONS


def _coded(values: list[float], base64d: bool) -> list[float] | str:
    packed = struct.pack(f"<{len(values)}f", *values)
    return base64.b64encode(packed).decode() if base64d else values


def _chunk(model: str, **choice: Any) -> Body:
    choices = [{"index": 0, "finish_reason": None, **choice}] if choice else []
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000}
    return {**head, "model": model, "choices": choices}


def _finish(body: Body) -> str:
    if body["model"] in ("length", "content_filter"):
        return str(body["model"])
    return "tool_calls" if tool_calls(body) else "stop"


def _halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


async def _tools_at_once(request: web.Request, body: Body) -> web.StreamResponse:
    """Give all calls one index and all at once, as some servers do."""
    calls = [
        {"index": 0, "id": f"call_{name['name']}", "type": "function", "function": name}
        for name in (LOOK_UP, ADD)
    ]
    last = _chunk("tools-at-once", delta={}, finish_reason="tool_calls")
    events = [_chunk("tools-at-once", delta={"role": "assistant", "tool_calls": calls}), last]
    return await stream(request, events)


async def _refuses(request: web.Request, body: Body) -> web.StreamResponse:
    last = _chunk("refuses", delta={}, finish_reason="content_filter")
    return await stream(request, [_chunk("refuses", delta={"refusal": "I cannot"}), last])


async def _short(request: web.Request, body: Body) -> web.StreamResponse:
    last = _chunk("short", delta={}, finish_reason="length")
    return await stream(request, [_chunk("short", delta={"content": "Hel"}), last])


async def _too_long(request: web.Request, body: Body) -> web.StreamResponse:
    return error(400, request, code=None, message="The maximum context length is 8 tokens.")


async def _no_quota(request: web.Request, body: Body) -> web.StreamResponse:
    return error(429, request, type="insufficient_quota", code="insufficient_quota")


async def _garbage(request: web.Request, body: Body) -> web.StreamResponse:
    if not body.get("stream"):
        return web.Response(text="{this is not json", content_type="application/json")
    said = await begin(request)
    await said.write(b"data: {this is not json\n\n")
    return said


async def _html(request: web.Request, body: Body) -> web.StreamResponse:
    return web.Response(text="<html><body>Welcome</body></html>", content_type="text/html")


async def _silent(request: web.Request, body: Body) -> web.StreamResponse:
    said = await begin(request)
    await asyncio.Event().wait()
    return said


async def _mute(request: web.Request, body: Body) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError("it never says a word")


async def _stalls(request: web.Request, body: Body) -> web.StreamResponse:
    said = await begin(request)
    await say(said, _chunk("stalls", delta={"content": "Hello"}))
    await asyncio.Event().wait()
    return said


async def _cut(request: web.Request, body: Body) -> web.StreamResponse:
    said = await begin(request)
    await say(said, _chunk("cut", delta={"content": "Hello"}))
    await asyncio.sleep(HEARD_S)
    assert request.transport
    request.transport.close()
    return said


async def _broken(request: web.Request, body: Body) -> web.StreamResponse:
    said = await begin(request)
    await say(said, _chunk("broken", delta={"content": "Hello"}))
    await asyncio.sleep(HEARD_S)
    await say(said, {"error": {"message": "overloaded", "code": 503}})
    return said


async def _early(request: web.Request, body: Body) -> web.StreamResponse:
    said = await begin(request)
    await say(said, _chunk("early", delta={"role": "assistant", "content": ""}))
    await say(said, {"error": {"message": "overloaded", "code": 503}})
    return said


How = Callable[[web.Request, Body], Awaitable[web.StreamResponse]]
ODD: dict[str, How] = {
    "tools-at-once": _tools_at_once, "refuses": _refuses, "short": _short,
    "too-long": _too_long, "no-quota": _no_quota, "garbage": _garbage, "html": _html,
    "silent": _silent, "mute": _mute, "stalls": _stalls, "cut": _cut, "broken": _broken, "early": _early,
}  # fmt: skip
