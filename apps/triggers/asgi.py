"""`/hooks/`: webhooks over HTTP, without Django's middleware.

A call is one hop into a thread, where it is decided and its run committed. Whoever waits for an
answer then holds neither a thread nor a connection.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from apps.common.bodies import App, BodyLimit, Receive, Send
from apps.common.problems import as_domain_error
from apps.common.types import JSONDict
from apps.runs.watching import following
from apps.runs.watching.feed import Feed
from apps.runs.watching.relay import Frame
from apps.tenants.asgi import headers_of, send_answer, send_problem, tenant_scope
from apps.tenants.context import current_scope
from apps.tenants.database import query
from apps.triggers import answers, intake, webhooks
from apps.triggers.answers import Answer
from apps.triggers.calls import Call
from apps.triggers.configs import AnswerMode
from apps.triggers.webhooks import Accepted

logger = logging.getLogger(__name__)
T = TypeVar("T")

MAX_BODY = 4 << 20  # of any webhook; each has its own limit below that
PREFIX, TEST = "/hooks/", "/hooks/test/"
EVENT_STREAM = "text/event-stream"
# Whatever a workflow answers, it runs no script, reads no cookie and is taken for what it says.
# Pages of anybody's may send something here; what they are answered they may not read.
SANDBOXED = [
    (b"content-security-policy", b"sandbox; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]


class Gone(Exception):
    """The caller has left."""


async def _serve(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer a call of a webhook."""
    accepted: Accepted | None = None
    began = False

    async def noted(message: Any) -> None:
        nonlocal began
        began = True
        await send(message)

    try:
        async with intake.taken_in() as held:  # until the run is committed, not while one waits
            call = _call_of(scope, await _body(receive, held))
            accepted = await query(webhooks.receive, call)
            del call
        await _answer(accepted, receive, noted)
    except Gone:
        return
    except Exception as error:
        domain = as_domain_error(error)
        if domain is None:
            raise
        if began:  # nothing else can be said any more; the run goes on
            logger.warning("An answer broke off: %s", str(error).strip())
            return
        await send_problem(send, domain)
    finally:
        if accepted is not None:
            accepted.seat.leave()


def _call_of(scope: dict[str, Any], body: bytes) -> Call:
    path = scope["path"]
    is_test = path.startswith(TEST)
    return Call(
        method=scope["method"],
        path=path.removeprefix(TEST if is_test else PREFIX).strip("/"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers_of(scope),
        body=body,
        is_test=is_test,
    )


async def _body(receive: Receive, held: intake.Held) -> bytes:
    parts = []
    async with intake.in_time():
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            parts.append(held.add(message.get("body", b"")))
            if not message.get("more_body"):
                return b"".join(parts)


async def _answer(accepted: Accepted, receive: Receive, send: Send) -> None:
    mode = accepted.config.answer
    if not accepted.is_told:
        accepted.seat.leave()
        await _send(send, answers.known(), accepted)
    elif mode == AnswerMode.STREAM:
        await _while_here(receive, _stream(accepted, send))
    elif mode == AnswerMode.NOW:
        await _send(send, answers.started(accepted), accepted)
    else:
        if not accepted.run.is_finished:
            await _while_here(receive, _settled(accepted))
        await _send(send, await query(answers.outcome, accepted), accepted)


async def _send(send: Send, answer: Answer, accepted: Accepted) -> None:
    repeated = {"idempotency-replayed": "true"} if accepted.duplicate else {}
    await send_answer(send, answer.status, {**answer.headers, **repeated}, answer.body)


async def _settled(accepted: Accepted) -> None:
    """Wait until there is an answer, at most as long as the trigger says."""
    settled = following.is_settled
    if accepted.config.answer == AnswerMode.RESPOND:
        settled = answers.is_answerable
    await following.until_settled(
        accepted.run.pk, accepted.config.wait_s, settled=settled, steps=accepted.steps
    )


async def _while_here(receive: Receive, waiting: Awaitable[T]) -> T:
    """Wait for something as long as the caller does. Raises Gone."""
    task = asyncio.ensure_future(waiting)
    left = asyncio.create_task(_departure(receive))
    try:
        await asyncio.wait([task, left], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Gone
        return task.result()
    finally:
        for each in (task, left):
            each.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await each


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stream(accepted: Accepted, send: Send) -> None:
    """Tell the run as it goes on: its own events and what models write, then the answer."""
    headers = {"content-type": EVENT_STREAM, "cache-control": "no-store", "x-accel-buffering": "no"}
    listed = [(k.encode(), v.encode()) for k, v in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": listed})
    feed = Feed(accepted.run.pk)
    may_follow = partial(webhooks.still_open, accepted.trigger_id)
    async for frame in following.frames(feed, current_scope(), may_follow):
        if line := _line(frame):
            await send({"type": "http.response.body", "body": line, "more_body": True})
    last = await query(_last, accepted) if feed.ended else b""
    await send({"type": "http.response.body", "body": last})


def _line(frame: Frame | None) -> bytes:
    """Return a frame as strangers may see it: nothing of what steps got, gave or logged."""
    if frame is None:
        return b": still here\n\n"
    told = frame.payload
    if told["type"] == "token":
        return _event("token", {"node": told["node"], "text": told["text"]})
    event = told["event"]
    if not event["type"].startswith("run."):
        return b""
    return _event(event["type"], {"type": event["type"], "at": event["at"]})


def _last(accepted: Accepted) -> bytes:
    try:
        return b"event: answer\ndata: " + answers.outcome(accepted).body + b"\n\n"
    except answers.RunFailed as error:
        return _event("problem", error.problem())


def _event(name: str, data: JSONDict) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def _sandboxed(app: App) -> App:
    """Serve an app whose every answer, refusals included, is sandboxed."""

    async def served(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        async def sandboxed(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *SANDBOXED]}
            await send(message)

        await app(scope, receive, sandboxed)

    return served


hooks = _sandboxed(BodyLimit(tenant_scope(_serve), MAX_BODY))
