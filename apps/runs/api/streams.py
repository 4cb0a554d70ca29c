"""Answers that take their time: a run that is waited for, and events as they happen.

Both are async shells around an ordinary endpoint. The endpoint authenticates, throttles, checks and
answers in one hop; only then the shell waits, holding neither a thread nor a connection. The shell
carries the endpoint's class, so schema and permission tests see it like any other.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial, wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response

from apps.accounts import policies
from apps.accounts.api.authentication import user_now
from apps.common.parsing import parse_json
from apps.common.problems import problem_response
from apps.common.types import JSON, JSONDict
from apps.runs.api.serializers import StartedSerializer, WholeRunSerializer
from apps.runs.models import Run
from apps.runs.watching import following, places
from apps.runs.watching.feed import Feed
from apps.tenants.context import Scope, current_scope
from apps.tenants.database import query, release_thread
from apps.tenants.hosts import is_served

EVENT_STREAM = "text/event-stream"
Endpoint = Callable[..., Any]
# Writes a feed as an event stream: the feed, the request, whose it is, and the place it holds.
Write = Callable[[Any, HttpRequest, Scope, places.Place], AsyncIterator[str]]


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
        answer: Response = await query(_served, endpoint, request, kwargs)
        seconds = _wanted(answer, body)
        if not seconds:
            return answer
        release_thread()
        run_id = answer.data["id"]
        try:
            place = places.take("wait", _caller(answer), places.WAITS)
        except places.TooManyOpen:
            return answer  # the run is on its way; only the waiting is refused
        await following.until_settled(run_id, seconds)
        del place
        return _replaced(answer, *await query(_outcome, request, run_id))

    return view


def streaming(endpoint: Endpoint, feed: type[Any] = Feed, write: Write | None = None) -> Endpoint:
    """Serve an endpoint whose answer may be a feed, and stream the feed."""
    lines_of = write or _lines

    @wraps(endpoint)
    async def view(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        answer = await query(_served, endpoint, request, kwargs)
        if not isinstance(answer.data, feed):
            return answer
        release_thread()
        try:
            place = places.take("stream", _caller(answer), places.STREAMS)
        except places.TooManyOpen as error:
            return problem_response(error)
        lines = lines_of(answer.data, request, current_scope(), place)
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


def _wanted(answer: Response, body: bytes) -> float:
    """Return how many seconds the caller waits for the end of the run that was started."""
    if answer.status_code != HTTPStatus.ACCEPTED:
        return 0
    asked = parse_json(body) if body else {}
    return float(asked.get("wait") or 0) if isinstance(asked, dict) else 0


def _outcome(request: HttpRequest, run_id: str) -> tuple[int, JSONDict]:
    run = Run.objects.select_related("workflow__folder", "version").get(pk=run_id)
    if run.is_finished and _may_know(request, run):
        return HTTPStatus.OK, WholeRunSerializer(run).data
    return HTTPStatus.ACCEPTED, StartedSerializer(run).data


def _may_know(request: HttpRequest, run: Run) -> bool:
    """Tell whether who waited may still be told how it ended: much can be taken from them meanwhile.

    A repeat may come a day after the first call.
    """
    actor = user_now(request) if is_served(current_scope().tenant) else None
    is_own = actor is not None and run.started_by_id == actor.pk
    return (is_own and policies.allows(actor, "run", run.workflow)) or policies.allows(
        actor, "view", run
    )


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
    async for frame in following.frames(feed, scope, partial(_may_see, request, feed.run_id)):
        yield ": still here\n\n" if frame is None else frame.lines
    if feed.ended:
        yield "event: end\ndata: {}\n\n"


def _may_see(request: HttpRequest, run_id: UUID) -> bool:
    actor = user_now(request) if is_served(current_scope().tenant) else None
    return policies.visible(actor, Run.objects.filter(pk=run_id)).exists()
