"""Answers that take their time: a run that is waited for, and events as they happen.

Both are async shells around an ordinary endpoint. The endpoint authenticates, throttles, checks and
answers in one hop; only then the shell waits, holding neither a thread nor a connection. The shell
carries the endpoint's class, so schema and permission tests see it like any other.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response

from apps.accounts import policies
from apps.accounts.api.authentication import user_now
from apps.common.events import listening
from apps.common.parsing import parse_json
from apps.common.problems import problem_response
from apps.common.types import JSON, JSONDict
from apps.runs import places
from apps.runs.api.serializers import RunSerializer, StartedSerializer
from apps.runs.feed import Feed
from apps.runs.models import Run, Wait
from apps.runs.relay import Frame, Watcher, event_lines, watching
from apps.tenants.context import Scope, current_scope, entered
from apps.tenants.database import query, release_thread
from apps.tenants.hosts import is_served
from apps.tenants.keys import group_name

HEARTBEAT_S = 15
POLL_S = 5  # how late a call that waits is when nothing stirs it
SOON_S = 0.02  # most runs are over at once, while a channel layer at rest takes 0.1 s to wake up
FOR_A_PERSON = (Run.Status.PAUSED, Run.Status.NEEDS_ATTENTION)
EVENT_STREAM = "text/event-stream"
Endpoint = Callable[..., Any]
Frames = asyncio.Queue[JSONDict]


class EventStreamRenderer(BaseRenderer):
    """Lets a client ask for the stream; `streaming` writes it."""

    media_type, format, charset = EVENT_STREAM, "event-stream", None

    def render(
        self,
        data: JSON,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return nothing: what follows comes as it happens."""
        return b""


def waiting(endpoint: Endpoint) -> Endpoint:
    """Serve an endpoint that starts runs; where `wait` asks for it, answer when the run ended.

    A repeat with the same Idempotency-Key waits for the run that the first call started.
    """

    @wraps(endpoint)
    async def view(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        body = request.body  # the endpoint then reads from memory, and so do we
        answer = await query(_served, endpoint, request, kwargs)
        if answer.status_code != HTTPStatus.ACCEPTED:
            return answer
        seconds = _seconds(body)
        if not seconds:
            return answer
        release_thread()
        run_id = answer.data["id"]
        try:
            place = places.take("wait", _caller(answer), places.WAITS)
        except places.TooManyOpen:
            return answer  # the run is on its way; only the waiting is refused
        await _end_or_timeout(run_id, seconds)
        del place
        return _replaced(answer, *await query(_outcome, run_id))

    return view


def streaming(endpoint: Endpoint) -> Endpoint:
    """Serve an endpoint whose answer may be a feed, and stream the feed."""

    @wraps(endpoint)
    async def view(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        answer = await query(_served, endpoint, request, kwargs)
        if not isinstance(answer.data, Feed):
            return answer
        release_thread()
        try:
            place = places.take("stream", _caller(answer), places.STREAMS)
        except places.TooManyOpen as error:
            return problem_response(error)
        lines = _lines(answer.data, request, current_scope(), place)
        stream = StreamingHttpResponse(lines, content_type=EVENT_STREAM)
        _copy_headers(answer, stream)
        stream["Cache-Control"], stream["X-Accel-Buffering"] = "no-store", "no"
        return stream

    return view


def _served(endpoint: Endpoint, request: HttpRequest, kwargs: dict[str, Any]) -> Response:
    answer: Response = endpoint(request, **kwargs)
    answer.render()  # while the connection is at hand
    return answer


def _caller(answer: Response) -> str:
    context: JSONDict = vars(answer)["renderer_context"]  # what the endpoint left behind
    principal: str = context["request"].user.principal
    return principal


def _seconds(body: bytes) -> float:
    asked = parse_json(body) if body else {}
    return float(asked.get("wait") or 0) if isinstance(asked, dict) else 0


async def _end_or_timeout(run_id: str, seconds: float) -> None:
    async with listening(group_name(f"run.{run_id}")) as heard:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                patience_s = SOON_S
                while not await query(_is_settled, run_id):
                    await _stirred(heard, patience_s)
                    patience_s = min(POLL_S, patience_s * 2)


def _is_settled(run_id: str) -> bool:
    """Tell whether waiting on makes no sense: the run ended, or it is a person's turn."""
    run = Run.objects.only("status").get(pk=run_id)
    if run.is_finished or run.status in FOR_A_PERSON:
        return True
    if run.status != Run.Status.WAITING:
        return False
    return Wait.objects.approvals().open().filter(run=run).exists()


async def _stirred(heard: Frames, patience_s: float) -> None:
    """Return at the next word about the run as a whole, or after a while without one."""
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            while not _is_about_run(await heard.get()):
                pass


def _is_about_run(frame: JSONDict) -> bool:
    kinds = [event["type"] for event in frame.get("events", ())]
    return any(kind.startswith("run.") or kind == "node.waiting" for kind in kinds)


def _outcome(run_id: str) -> tuple[int, JSONDict]:
    run = Run.objects.select_related("workflow", "version").get(pk=run_id)
    if run.is_finished:
        return HTTPStatus.OK, RunSerializer(run).data
    return HTTPStatus.ACCEPTED, StartedSerializer(run).data


def _replaced(answer: Response, status: int, data: JSONDict) -> HttpResponse:
    body = JSONRenderer().render(data)
    replaced = HttpResponse(body, status=status, content_type="application/json")
    _copy_headers(answer, replaced)
    return replaced


def _copy_headers(source: HttpResponseBase, target: HttpResponseBase) -> None:
    for name, value in source.items():
        if name.lower() not in {"content-type", "content-length"}:
            target[name] = value


async def _lines(
    feed: Feed, request: HttpRequest, scope: Scope, place: places.Place
) -> AsyncIterator[str]:
    """Write the feed as an event stream until the run or the reader's right to it ends.

    The place is held as long as somebody reads.
    """

    async def ask(function: Callable[..., Any], *args: Any) -> Any:
        with entered(scope):  # the middleware that set the tenant has returned long ago
            return await query(function, *args)

    async with watching(feed.run_id, scope) as watcher:
        due = time.monotonic() + HEARTBEAT_S
        while not feed.ended:
            if feed.behind:
                for event in await ask(feed.read):
                    yield event_lines(event)
            elif feed.hear(frame := await _next_frame(watcher, due)):
                yield frame.lines
            if time.monotonic() >= due:
                if not await ask(_may_see, request, feed.run_id):
                    return
                due = time.monotonic() + HEARTBEAT_S
                yield ": still here\n\n"
    yield "event: end\ndata: {}\n\n"


async def _next_frame(watcher: Watcher, until: float) -> Frame | None:
    """Return the next frame; None where frames were lost, or none came in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(until - time.monotonic()):
            return await watcher.next()
    return None


def _may_see(request: HttpRequest, run_id: UUID) -> bool:
    actor = user_now(request) if is_served(current_scope().tenant) else None
    return policies.visible(actor, Run.objects.filter(pk=run_id)).exists()
