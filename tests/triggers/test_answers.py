"""What callers are answered: at once, at the end, by a step, or as it happens."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.runs.interpreter.advancing import advance
from apps.runs.models import Run
from apps.runs.services import cancel_run
from apps.tenants.context import tenant_context
from apps.tenants.database import query
from apps.tenants.models import Tenant
from apps.triggers import limits
from apps.triggers.answers import responded
from tests.factories.callers import Caller, Reply
from tests.factories.runs import until
from tests.factories.triggers import echo, trigger
from tests.runs.scenes import asking, failing, published
from tests.workflows.definitions import edge, node

pytestmark = pytest.mark.django_db(transaction=True)


def answering(actor: User, definition: JSONDict, answer: str, **config: Any) -> None:
    workflow = published(actor, definition, name="Answers")
    trigger(actor, "webhook", {"answer": answer, **config}, path="x", workflow=workflow)


async def first_run(tenant: Tenant) -> Run:
    """Return the run that a call starts, once it is there."""
    with tenant_context(tenant):
        await query(until, Run.objects.exists)
        return await query(Run.objects.get)


def answered(
    caller: Caller, tenant: Tenant, worker: Callable[[Run], Awaitable[Any]], **rest: Any
) -> Reply:
    """Call, do as a worker does with the run, and return the answer."""

    async def play() -> Reply:
        call = asyncio.create_task(caller.call("/hooks/x", {"who": "Ada"}, **rest))
        run = await first_run(tenant)
        with tenant_context(tenant):
            await worker(run)
        return await call

    return asyncio.run(play())


async def carried(run: Run) -> None:
    """Carry the run as far as it goes, once the process that was called has let it go."""

    def is_let_go() -> bool:
        advance(run.pk)
        return Run.objects.get(pk=run.pk).status not in ("queued", "running")

    await query(until, is_let_go)


def outside() -> JSONDict:
    """A step that only a worker makes, then the answer."""
    definition = echo()
    definition["nodes"].append(node("code", "code.python", config={"source": "1"}))
    definition["edges"] = [edge("start", "code"), edge("code", "reply")]
    return definition


def test_the_outputs_when_it_is_over(bob: User, alpha: Tenant, caller: Caller) -> None:
    answering(bob, echo(), "last")
    reply = answered(caller, alpha, carried)
    assert (reply.status, reply.json()["body"]) == (200, {"who": "Ada"})
    assert reply.headers["content-type"] == "application/json"
    assert not limits._taken


def test_a_run_that_fails_is_told_without_its_reason(
    bob: User, alpha: Tenant, caller: Caller
) -> None:
    answering(bob, failing(), "last", input="body")
    reply = answered(caller, alpha, carried)
    body = reply.json()
    assert (reply.status, body["code"], body["run_status"]) == (500, "run_failed", "failed")
    assert "balance" not in reply.body.decode()


def test_a_run_that_asks_a_person_is_told_as_going_on(
    bob: User, alpha: Tenant, caller: Caller
) -> None:
    answering(bob, asking(), "last", input="body")
    reply = answered(caller, alpha, carried)
    assert (reply.status, reply.json()["status"]) == (202, "waiting")


def test_the_time_that_a_caller_waits_is_limited(bob: User, caller: Caller) -> None:
    answering(bob, outside(), "last", wait_s=1)
    reply = caller("/hooks/x", {})
    assert (reply.status, reply.json()["status"]) == (202, "queued")


def test_a_cancelled_run_ends_the_waiting(bob: User, alpha: Tenant, caller: Caller) -> None:
    answering(bob, outside(), "last")

    async def cancel(run: Run) -> None:
        await query(
            lambda: cancel_run(Run.objects.get(pk=run.pk), actor=User.objects.get(pk=bob.pk))
        )

    assert answered(caller, alpha, cancel).json()["run_status"] == "cancelled"


def test_a_repeat_gets_the_same_answer(bob: User, alpha: Tenant, caller: Caller) -> None:
    answering(bob, echo(), "last", dedupe_header="x-id")
    first = answered(caller, alpha, carried, x_id="1")
    again = caller("/hooks/x", {"who": "Ada"}, x_id="1")
    assert (again.status, again.json()) == (first.status, first.json())
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("answer", ["last", "respond", "stream"])
def test_who_knows_an_id_gets_no_answer_of_another(
    bob: User, alpha: Tenant, caller: Caller, answer: str
) -> None:
    answering(bob, echo(), answer, dedupe_header="x-id")
    answered(caller, alpha, carried, x_id="1")
    other = caller("/hooks/x", {"who": "Eve"}, x_id="1")
    assert (other.status, other.json()) == (202, {"status": "duplicate"})
    assert not limits._taken


def replying(**config: Any) -> JSONDict:
    """Respond on one branch, then wait for long on another."""
    return {
        "schema": 1,
        "nodes": [
            node("start", "core.start", config={"fields": []}),
            node("reply", "core.respond", config={"body": "{{ input.body }}", **config}),
            node("later", "flow.wait", config={"seconds": 3600}),
        ],
        "edges": [edge("start", "reply"), edge("start", "later")],
        "settings": {},
    }


def test_the_respond_step_answers_while_the_run_goes_on(
    bob: User, alpha: Tenant, caller: Caller
) -> None:
    headers = {"Location": "/orders/7", "Set-Cookie": "a=b", "X-Accel-Redirect": "/etc"}
    answering(bob, replying(status=201, headers=headers), "respond")
    reply = answered(caller, alpha, carried)
    assert (reply.status, reply.json()) == (201, {"who": "Ada"})
    assert reply.headers["location"] == "/orders/7"
    assert not {"set-cookie", "x-accel-redirect"} & reply.headers.keys()
    assert Run.objects.get().status == "waiting"


def test_a_run_that_never_responds_answers_like_the_last_node(
    bob: User, alpha: Tenant, caller: Caller
) -> None:
    definition = echo()
    definition["nodes"][1] = node(
        "reply", "data.transform", config={"mode": "set", "fields": [{"name": "n", "value": 1}]}
    )
    answering(bob, definition, "respond")
    assert answered(caller, alpha, carried).json() == {"n": 1}


def test_a_stream_tells_the_run_and_ends_with_the_answer(
    bob: User, alpha: Tenant, caller: Caller
) -> None:
    answering(bob, echo(), "stream")
    reply = answered(caller, alpha, carried)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/event-stream")
    blocks = [block for block in reply.body.decode().split("\n\n") if block and block[0] != ":"]
    told = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    assert [each["event"] for each in told] == [
        "run.queued",
        "run.started",
        "run.succeeded",
        "answer",
    ]
    assert json.loads(told[-1]["data"])["body"] == {"who": "Ada"}


def test_a_stream_of_a_failure_tells_no_reason(bob: User, alpha: Tenant, caller: Caller) -> None:
    answering(bob, failing(), "stream", input="body")
    text = answered(caller, alpha, carried).body.decode()
    assert "event: problem" in text
    assert "run_failed" in text
    assert "balance" not in text


def test_so_many_wait_at_once_and_leaving_makes_room(bob: User, caller: Caller) -> None:
    answering(bob, outside(), "last", max_waiting=1, wait_s=20)

    async def play() -> None:
        waiting = await caller.begin("/hooks/x", {})
        await asyncio.to_thread(until, lambda: bool(limits._taken))
        refused = await caller.call("/hooks/x", {})
        assert (refused.status, refused.json()["code"]) == (429, "too_many_waiting")
        assert refused.headers["retry-after"] == "5"
        await waiting.send_input({"type": "http.disconnect"})
        await waiting.wait(10)
        assert not limits._taken

    asyncio.run(play())
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("output", "status", "body", "media"),
    [
        ({"body": "hi"}, 200, b"hi", "text/plain; charset=utf-8"),
        ({"body": "<p>", "headers": {"Content-Type": "text/html"}}, 200, b"<p>", "text/html"),
        ({"body": {"a": 1}, "status": 422}, 422, b'{"a": 1}', "application/json"),
        ({"body": None}, 200, b"null", "application/json"),
        ({"body": "x", "status": 204}, 204, b"", None),
        ({"body": "x", "status": 101}, 200, b"x", "text/plain; charset=utf-8"),
    ],
)
def test_responses(output: JSONDict, status: int, body: bytes, media: str | None) -> None:
    answer = responded(output)
    assert (answer.status, answer.body, answer.headers.get("content-type")) == (status, body, media)


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"Location": "/here?a=1"}, {"location": "/here?a=1"}),
        ({"Location": "//evil.example"}, {}),
        ({"Location": "/\\evil.example"}, {}),
        ({"Location": "https://evil.example/"}, {}),
        ({"Location": "javascript:alert(1)"}, {}),
        (
            {"Cache-Control": "no-store", "ETag": '"1"'},
            {"cache-control": "no-store", "etag": '"1"'},
        ),
        ({"ETag": "a\r\nSet-Cookie: b=c"}, {}),
        ({"ETag": "a\n"}, {}),  # written as it is, it would end the headers before the sandbox
        ({"Location": "/here\n"}, {}),
        ({"Content-Security-Policy": "default-src *", "Access-Control-Allow-Origin": "*"}, {}),
        ({"Content-Length": "1", "Transfer-Encoding": "chunked", "Connection": "close"}, {}),
    ],
)
def test_headers_that_a_workflow_may_set(headers: JSONDict, kept: JSONDict) -> None:
    found = responded({"body": "x", "headers": headers}).headers
    assert {name: value for name, value in found.items() if name != "content-type"} == kept
