"""Following a run: missed events, live events, and waiting for the end, over HTTP."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.http.response import HttpResponseBase
from django.test import AsyncClient

from apps.accounts.models import User
from apps.accounts.services import create_api_key
from apps.common.events import publish_from_loop
from apps.common.ids import uuid7
from apps.runs.models import Run, Wait
from apps.runs.state.events import frame
from apps.runs.watching import feed, following, places, relay
from apps.tenants.database import query
from apps.tenants.models import Tenant
from apps.tenants.services import resume_tenant, suspend_tenant
from apps.workflows.models import Workflow
from tests.factories.cast import api_client
from tests.runs.scenes import published, started, tell
from tests.workflows.definitions import edge, greeting, node

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = {"Accept": "text/event-stream"}


@pytest.fixture
def workflow(bob: User) -> Workflow:
    """A workflow with a step that only a worker makes."""
    definition = greeting()
    definition["nodes"].append(node("work", "code.python", config={"source": "1"}))
    definition["edges"].append(edge("start", "work"))
    return published(bob, definition)


@pytest.fixture
def run(workflow: Workflow, bob: User) -> Run:
    return started(workflow, bob)


@pytest.fixture
def key(bob: User) -> dict[str, str]:
    _, text = create_api_key(user=bob, name="ci", role="builder", actor=bob)
    return {"Authorization": f"Bearer {text}"}


class Programme(AsyncClient):
    """A client of the workspace's own host; Django's always says `testserver`."""

    async def request(self, **request: Any) -> Any:
        headers = [each for each in request["headers"] if each[0] != b"host"]
        request["headers"] = [*headers, (b"host", b"alpha.localhost")]
        return await super().request(**request)


def url(run: Run) -> str:
    return f"/api/v1/runs/{run.pk}/events/"


async def messages(answer: HttpResponseBase) -> AsyncIterator[dict[str, str]]:
    """Read an event stream as a browser does."""
    async for chunk in answer.streaming_content:  # type: ignore[attr-defined]
        for block in chunk.decode().split("\n\n"):
            lines = [line.split(": ", 1) for line in block.splitlines() if line[:1] != ":"]
            if lines:
                yield dict(lines)


async def follow(run: Run, *types: str, **changes: Any) -> None:
    """Do as a worker does: write events, then tell them."""
    for told in await tell(run, *types, **changes):
        await publish_from_loop(run.channel, frame(run, told))


def leftovers() -> int:
    """Return how many subscriptions this loop still holds."""
    layer: Any = get_channel_layer()
    inner = layer._get_layer()
    return len(inner.channels) + len(inner.groups)


async def listeners(number: int, *calls: "asyncio.Future[Any]") -> None:
    """Return once there are so many subscriptions; a call that ends before says why."""
    async with asyncio.timeout(20):
        while leftovers() < number:
            for ended in (call for call in calls if call.done()):
                raise AssertionError(ended.result().content)
            await asyncio.wait(calls, timeout=0.02)


async def over(run: Run) -> None:
    await follow(run, "run.started", status="running")
    await follow(run, "run.succeeded", status="succeeded", outputs="Hello")


def test_events_as_a_list(run: Run, bob: User) -> None:
    asyncio.run(over(run))
    client = api_client(bob)
    body = client.get(url(run)).json()
    assert [(each["seq"], each["type"]) for each in body["results"]] == [
        (1, "run.queued"),
        (2, "run.started"),
        (3, "run.succeeded"),
    ]
    assert body["status"] == "succeeded"
    assert [each["seq"] for each in client.get(url(run), {"after": 2}).json()["results"]] == [3]
    for bad in ("x", "-1", "1.5", "9" * 30):
        answer = client.get(url(run), {"after": bad})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "after")


def test_a_finished_run_is_streamed_to_its_end(run: Run, key: dict[str, str]) -> None:
    async def read() -> None:
        await over(run)
        answer = await Programme().get(url(run), headers=STREAM | key)
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream")
        assert answer["X-RateLimit-Limit"]
        found = [each async for each in messages(answer)]
        assert [each.get("id") for each in found] == ["1", "2", "3", None]
        assert [each["event"] for each in found[-2:]] == ["run.succeeded", "end"]
        assert json.loads(found[1]["data"])["type"] == "run.started"

    asyncio.run(read())


def test_a_reader_that_comes_back_misses_nothing(run: Run, key: dict[str, str]) -> None:
    async def read() -> None:
        await over(run)
        headers = STREAM | key | {"Last-Event-ID": "2"}
        answer = await Programme().get(url(run), headers=headers)
        assert [each.get("id") for each in [m async for m in messages(answer)]] == ["3", None]
        bad = await Programme().get(url(run), headers=STREAM | key | {"Last-Event-ID": "x"})
        assert (bad.status_code, bad["Content-Type"]) == (422, "application/problem+json")

    asyncio.run(read())


def test_events_come_live_without_gap_or_repeat(run: Run, key: dict[str, str]) -> None:
    async def read() -> None:
        answer = await Programme().get(url(run), headers=STREAM | key)
        heard = messages(answer)
        assert (await anext(heard))["id"] == "1"
        await follow(run, "run.started", status="running")
        assert (await anext(heard))["id"] == "2"
        token = {"type": "token", "run": str(run.pk), "node": "greet", "text": "Hel"}
        await publish_from_loop(run.channel, token)
        live = await anext(heard)
        assert (live["event"], live.get("id"), json.loads(live["data"])["text"]) == (
            "token",
            None,
            "Hel",
        )
        # One event is lost, the next one told twice: the reader still gets each once, in order.
        await tell(run, "node.started")
        (told,) = await tell(run, "node.succeeded")
        for _ in range(2):
            await publish_from_loop(run.channel, frame(run, told))
        assert [(await anext(heard))["id"] for _ in range(2)] == ["3", "4"]
        await follow(run, "run.failed", status="failed")
        assert [each["event"] async for each in heard] == ["run.failed", "end"]
        assert leftovers() == 0

    asyncio.run(read())


def test_lost_frames_are_read_from_the_database(
    run: Run, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "LOOK_S", 0.05)

    async def read() -> None:
        heard = messages(await Programme().get(url(run), headers=STREAM | key))
        await anext(heard)
        await tell(run, "run.started", "run.succeeded", status="succeeded")
        assert [each["event"] async for each in heard] == ["run.started", "run.succeeded", "end"]

    asyncio.run(read())


def test_leaving_frees_everything(run: Run, key: dict[str, str]) -> None:
    async def leave() -> None:
        answer: Any = await Programme().get(url(run), headers=STREAM | key)
        stream = aiter(answer.streaming_content)
        await anext(stream)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        assert leftovers() == 2
        waiting.cancel()
        await asyncio.wait([waiting])
        assert leftovers() == 0

    asyncio.run(leave())


def test_a_lost_right_ends_the_stream(
    run: Run, bob: User, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "HEARTBEAT_S", 0.05)

    async def read() -> None:
        heard = messages(await Programme().get(url(run), headers=STREAM | key))
        await anext(heard)
        await query(User.objects.filter(pk=bob.pk).update, is_active=False)
        assert [each async for each in heard] == []

    asyncio.run(read())


def test_a_suspended_workspace_ends_the_stream(
    run: Run, alpha: Tenant, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "HEARTBEAT_S", 0.05)

    async def read() -> None:
        heard = messages(await Programme().get(url(run), headers=STREAM | key))
        await anext(heard)
        await query(suspend_tenant, alpha)
        assert [each async for each in heard] == []

    try:
        asyncio.run(read())
    finally:
        resume_tenant(alpha)


def test_problems_are_json_whatever_was_asked_for(key: dict[str, str]) -> None:
    async def read() -> None:
        path = f"/api/v1/runs/{uuid7()}/events/"
        answer = await Programme().get(path, headers=STREAM | key)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        answer = await Programme().get(path, headers=STREAM)
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")

    asyncio.run(read())


# Waiting for a run


async def waited(workflow: Workflow, headers: dict[str, str], during: Any, wait: float = 20) -> Any:
    """Start a run and wait for it, while something happens to it."""
    body = {"inputs": {"who": "Ada"}, "wait": wait}
    call = asyncio.ensure_future(
        Programme().post(
            f"/api/v1/workflows/{workflow.pk}/runs/",
            body,
            content_type="application/json",
            headers=headers,
        )
    )
    await listeners(2, call)
    run = await query(Run.objects.order_by("-created_at").first)
    assert run is not None
    await during(run)
    return await call


@pytest.mark.parametrize(
    ("status", "event"), [("succeeded", "run.succeeded"), ("failed", "run.failed")]
)
def test_waiting_answers_the_finished_run(
    workflow: Workflow, key: dict[str, str], status: str, event: str
) -> None:
    async def end(run: Run) -> None:
        await follow(run, event, status=status, outputs={"text": "Hello"})

    answer = asyncio.run(waited(workflow, key, end))
    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, status)
    assert body["outputs"] == {"text": "Hello"}
    assert answer["X-RateLimit-Limit"]


def test_waiting_ends_when_a_person_is_asked(workflow: Workflow, key: dict[str, str]) -> None:
    async def ask(run: Run) -> None:
        await query(Wait.objects.create, run=run, node="greet", kind=Wait.Kind.APPROVAL)
        await follow(run, "run.waiting", status="waiting")

    answer = asyncio.run(waited(workflow, key, ask))
    assert (answer.status_code, answer.json()["status"]) == (202, "waiting")


def test_waiting_goes_on_through_a_delay(workflow: Workflow, key: dict[str, str]) -> None:
    async def delay(run: Run) -> None:
        await query(Wait.objects.create, run=run, node="greet", kind=Wait.Kind.DELAY)
        await follow(run, "run.waiting", status="waiting")
        await follow(run, "run.succeeded", status="succeeded")

    answer = asyncio.run(waited(workflow, key, delay))
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")


def test_waiting_ends_with_the_time(workflow: Workflow, key: dict[str, str]) -> None:
    async def nothing(run: Run) -> None:
        return None

    answer = asyncio.run(waited(workflow, key, nothing, wait=0.3))
    assert answer.status_code == 202
    assert set(answer.json()) == {"id", "status"}


def test_a_repeat_waits_for_the_first_run(workflow: Workflow, key: dict[str, str]) -> None:
    headers = {**key, "Idempotency-Key": "once"}

    async def end(run: Run) -> None:
        await follow(run, "run.succeeded", status="succeeded")

    async def twice() -> list[Any]:
        return [await waited(workflow, headers, end), await waited_again()]

    async def waited_again() -> Any:
        body = {"inputs": {"who": "Ada"}, "wait": 20}
        return await Programme().post(
            f"/api/v1/workflows/{workflow.pk}/runs/",
            body,
            content_type="application/json",
            headers=headers,
        )

    first, second = asyncio.run(twice())
    assert first.json() == second.json()
    assert (second.status_code, second["Idempotency-Replayed"]) == (200, "true")
    assert Run.objects.count() == 1


def test_waiting_holds_no_thread(workflow: Workflow, key: dict[str, str]) -> None:
    async def many() -> int:
        body = {"inputs": {"who": "Ada"}, "wait": 20}
        calls = [
            asyncio.ensure_future(
                Programme().post(
                    f"/api/v1/workflows/{workflow.pk}/runs/",
                    body,
                    content_type="application/json",
                    headers=key,
                )
            )
            for _ in range(30)
        ]
        await listeners(60, *calls)
        threads = threading.active_count()
        for run in await query(lambda: list(Run.objects.all())):
            await follow(run, "run.succeeded", status="succeeded")
        answers = await asyncio.gather(*calls)
        assert {each.status_code for each in answers} == {200}
        assert leftovers() == 0
        return threads

    before = threading.active_count()
    # The pool of database threads and the one of the test, whatever the number of callers.
    assert asyncio.run(many()) <= before + 14


def test_a_feed_knows_its_place() -> None:
    place = feed.Feed(uuid7(), last=2, behind=False)
    assert not place.take({"seq": 2, "type": "node.log"})
    assert place.take({"seq": 3, "type": "node.log"})
    assert not place.behind
    assert not place.take({"seq": 5, "type": "node.log"})
    assert place.behind


def test_a_key_reads_so_many_streams_at_once(
    run: Run, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "STREAMS", 2)

    async def read() -> None:
        await over(run)
        client = Programme()
        first, second = [await client.get(url(run), headers=STREAM | key) for _ in range(2)]
        refused = await client.get(url(run), headers=STREAM | key)
        assert (refused.status_code, json.loads(refused.content)["code"]) == (429, "too_many_open")
        assert [each async for each in messages(first)]
        again = await client.get(url(run), headers=STREAM | key)
        assert (again.status_code, second.status_code) == (200, 200)

    asyncio.run(read())


def test_past_so_many_waiting_calls_the_answer_comes_at_once(
    workflow: Workflow, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "WAITS", 0)

    async def start() -> None:
        body = {"inputs": {"who": "Ada"}, "wait": 60}
        answer = await Programme().post(
            f"/api/v1/workflows/{workflow.pk}/runs/", body, "application/json", headers=key
        )
        assert answer.status_code == 202

    asyncio.run(start())
