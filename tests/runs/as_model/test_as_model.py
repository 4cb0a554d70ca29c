"""Workflows that answer as models over /v1, with a worker beside."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from decimal import Decimal
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.accounts.services import set_active
from apps.accounts.services.roles import create_role
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, Invalid
from apps.dispatch import services as dispatch
from apps.gateway import services
from apps.gateway.asks import Ask, Source
from apps.gateway.budgets.services import add_budget
from apps.gateway.calls import WORKFLOW, Upstream
from apps.gateway.ledger import journal
from apps.gateway.models import LlmCall, Provider
from apps.gateway.virtual_keys.services import change_key, create_key
from apps.runs.as_model.adapter import opened
from apps.runs.interpreter.advancing import advance
from apps.runs.models import Run
from apps.workflows.models import Workflow
from tests.factories.cast import member
from tests.factories.runs import until
from tests.fakeai.chat import WORDS
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import connect, lead
from tests.gateway.programs import Program, error_of, events_of, key_of, text_of
from tests.runs.interpreter.test_semantics import code, graph
from tests.runs.scenes import published
from tests.workflows.definitions import edge, node

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "".join(WORDS)
USAGE: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
PROMPT = {"prompt": "{{ input.prompt }}"}


@pytest.fixture(autouse=True)
def worker() -> Iterator[None]:
    """Carry runs in a thread, as soon as somebody is sent for."""
    before = list(dispatch._advance)
    with ThreadPoolExecutor(max_workers=2) as threads:

        def ring(run_id: UUID, schema: str) -> None:
            threads.submit(copy_context().run, _carry, run_id)

        dispatch.register_advance(ring)
        yield
    dispatch._advance[:] = before


def _carry(run_id: UUID) -> None:
    try:
        advance(run_id)
    finally:
        connection.close()


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    found = connect(fake, alice)
    services.set_price(
        actor=alice, provider="fake", model="*", input_usd=Decimal(3), output_usd=Decimal(15)
    )
    return found


@pytest.fixture
def program(alice: User) -> Program:
    return Program(key_of(alice, "operator"))


def answering(**config: Any) -> dict[str, Any]:
    """A model, asked what the caller says."""
    return graph(node("ai", "ai.generate", config={**PROMPT, **config}), edge("start", "ai"))


def with_form(*fields: dict[str, Any]) -> dict[str, Any]:
    definition = graph(
        node("reply", "core.respond", config={"body": "{{ input }}"}), edge("start", "reply")
    )
    definition["nodes"][0]["config"] = {"fields": list(fields)}
    return definition


def row_of_the_call(model: str) -> LlmCall:
    assert journal.written().result(30)
    return LlmCall.objects.get(route=model)


def test_its_words_are_passed_on_as_they_come(
    alice: User, provider: Provider, program: Program
) -> None:
    lead(alice, "ok", provider=provider)
    published(alice, answering(), name="Ask the manual")
    reply = program.chat("workflow/ask-the-manual", **USAGE)
    told = events_of(reply)
    assert text_of(told) == SAID
    assert told[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert (told[-2]["choices"], told[-2]["usage"]["total_tokens"]) == ([], 1200)
    assert reply.headers["x-auterity-route"] == "workflow/ask-the-manual@1"
    run = Run.objects.get()
    assert (run.status, run.trigger, run.inputs["prompt"]) == ("succeeded", "api", "Say hello")
    row = row_of_the_call("workflow/ask-the-manual")
    assert (row.run_id, row.status, row.node_id, row.cost_usd) == (run.pk, "ok", "", Decimal(0))
    inner = LlmCall.objects.get(run_id=run.pk, node_id="ai")
    assert (inner.key_id, inner.cost_usd) == (row.key_id, run.cost_usd)
    assert LlmCall.objects.all().totals()["cost_usd"] == run.cost_usd


def test_a_whole_answer_says_what_the_run_cost(
    alice: User, provider: Provider, program: Program
) -> None:
    lead(alice, "ok", provider=provider)
    published(alice, answering(), name="Ask")
    reply = program.chat("workflow/ask")
    body = reply.json()
    assert body["choices"][0]["message"]["content"] == SAID
    assert (body["model"], body["usage"]["prompt_tokens"]) == ("workflow/ask", 1000)
    assert Decimal(reply.headers["x-auterity-cost-usd"]) == Run.objects.get().cost_usd > 0


def test_responses_and_messages_are_told_in_their_protocols(alice: User, program: Program) -> None:
    published(alice, with_form({"name": "prompt", "type": "text"}), name="Echo")
    asked = {"model": "workflow/echo", "input": "Hello"}
    told = program.post("responses", asked).json()
    assert told["output"][0]["content"][0]["text"] == '{"prompt": "Hello"}'
    message = {
        "model": "workflow/echo",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}],
    }
    assert program.post("messages", message).json()["content"][0]["text"] == '{"prompt": "Hi"}'
    assert program.post("messages/count_tokens", message).json() == {"input_tokens": 2}


def test_a_form_is_filled_by_what_is_said(alice: User, program: Program) -> None:
    fields: list[dict[str, Any]] = [
        {"name": "topic", "type": "text"}, {"name": "prompt", "type": "paragraph"},
        {"name": "messages", "type": "json"}, {"name": "length", "type": "number", "required": True},
    ]  # fmt: skip
    published(alice, with_form(*fields), name="Write")
    missing = program.chat("workflow/write")
    assert (missing.status, error_of(missing)["param"]) == (400, "inputs")
    assert "length" in error_of(missing)["message"]
    assert not Run.objects.exists()
    told = program.chat("workflow/write", inputs={"length": 3, "topic": "bees"}).json()
    assert '"prompt": "Say hello"' in told["choices"][0]["message"]["content"]
    assert Run.objects.get().inputs == {
        "topic": "bees", "prompt": "Say hello", "length": 3,
        "messages": [{"role": "user", "content": "Say hello"}],
    }  # fmt: skip


def test_what_cannot_be_asked_in_words_is_no_model(alice: User, program: Program) -> None:
    published(alice, with_form({"name": "count", "type": "number"}), name="Count")
    assert program.chat("workflow/count").status == 404
    published(alice, with_form(), name="Any")
    wishes: list[dict[str, Any]] = [{"tools": [{}]}, {"n": 2}, {"max_cost_usd": 1}]
    for wish in wishes:
        reply = program.chat("workflow/any", **wish)
        assert (reply.status, error_of(reply)["code"]) == (400, "not_offered")
    picture = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]
    shown = {"model": "workflow/any", "messages": [{"role": "user", "content": picture}]}
    assert error_of(program.post("chat/completions", shown))["code"] == "not_offered"
    asked = {"model": "workflow/any", "input": "x"}
    assert error_of(program.post("embeddings", asked))["code"] == "not_offered"


def test_models_lists_what_the_key_may_run(alice: User, bob: User, vera: User) -> None:
    published(alice, with_form(), name="Any")
    named = {each["id"] for each in Program(key_of(bob, "operator")).get("models").json()["data"]}
    assert {"default", "workflow/any"} <= named
    one = Program(key_of(bob, "operator")).get("models/workflow/any").json()
    assert (one["id"], one["owned_by"]) == ("workflow/any", "workflow")
    caller = Program(key_of(bob))  # asks models and does nothing else
    assert caller.get("models/workflow/any").status == 404
    assert caller.chat("workflow/any").status == 404
    assert not Run.objects.exists()


def test_a_workflow_that_asks_itself_over_http_ends(
    alice: User, program: Program, fake: FakeProvider, settings: Settings
) -> None:
    """Hosts of ours are told how deep a run lies that asks them; others are not."""
    settings.BASE_DOMAIN = "localhost"
    url = fake.url.replace("127.0.0.1", "localhost")
    settings.EGRESS_ALLOW = [*settings.EGRESS_ALLOW, url.removesuffix("/v1")]
    lead(alice, "ok", provider=connect(fake, alice, base_url=url))
    published(alice, answering(), name="Ask")
    assert program.chat("workflow/ask").status == 200
    assert fake.asked[-1].headers["x-auterity-depth"] == "1"
    body = {"model": "workflow/ask", "messages": [{"role": "user", "content": "Hi"}]}
    inside = program.post("chat/completions", body, **{"x-auterity-depth": "8"})
    assert (inside.status, fake.asked[-1].headers["x-auterity-depth"]) == (200, "9")
    assert sorted(run.depth for run in Run.objects.all()) == [0, 8]
    told = program.post("chat/completions", body, **{"x-auterity-depth": "9"})
    assert (told.status, "asks itself" in error_of(told)["message"]) == (400, True)
    assert Run.objects.count() == 2
    settings.BASE_DOMAIN = "elsewhere.example"
    assert program.chat("workflow/ask").status == 200
    assert "x-auterity-depth" not in fake.asked[-1].headers


def test_a_draft_and_what_is_archived_answer_nothing(alice: User, program: Program) -> None:
    workflow = published(alice, with_form(), name="Any")
    Workflow.objects.filter(pk=workflow.pk).update(published_version=None)
    for name in ("any", "a\0b", "\ud800", "", "any/more"):
        reply = program.chat(f"workflow/{name}")
        assert (reply.status, error_of(reply)["code"]) == (404, "model_not_found")


def test_a_key_with_terms_asks_the_workflows_that_they_name(alice: User, bob: User) -> None:
    published(alice, with_form(), name="Any")
    published(alice, with_form(), name="Other")
    key, text = create_key(actor=bob, name="Bot", routes=["default"])
    assert Program(text).chat("workflow/any").status == 404
    change_key(key, actor=bob, changes={"routes": ["default", "workflow/any"]})
    program = Program(text)
    assert program.chat("workflow/any").status == 200
    assert program.chat("workflow/other").status == 404
    assert Run.objects.get().started_by == bob
    assert [each["id"] for each in program.get("models").json()["data"]] == [
        "default", "workflow/any",
    ]  # fmt: skip
    set_active(bob, actor=alice, active=False)
    assert program.chat("workflow/any").status in (401, 404)


def test_who_names_a_workflow_must_be_allowed_to_run_it(alice: User, bob: User) -> None:
    published(alice, with_form(), name="Any")
    create_role(label="Asker", permissions=["api_key.use", "model.call"], actor=alice)
    for actor, named in ((bob, "workflow/nowhere"), (member("Ann", "asker"), "workflow/any")):
        with pytest.raises(Invalid) as caught:
            create_key(actor=actor, name="Bot", routes=[named])
        assert named in caught.value.errors[0]["message"]
    key, _ = create_key(actor=bob, name="Bot", routes=["workflow/any"])
    published(alice, with_form(), name="Other")
    Workflow.objects.filter(slug="any").update(archived_at=timezone.now())
    with pytest.raises(Forbidden):
        change_key(key, actor=bob, changes={"routes": ["workflow/any", "workflow/other"]})
    change_key(key, actor=bob, changes={"routes": ["workflow/other"]})


def test_a_keys_budget_ends_what_its_workflows_spend(alice: User, provider: Provider) -> None:
    lead(alice, "ok", provider=provider)
    published(alice, answering(), name="Ask")
    key, text = create_key(actor=alice, name="Bot", routes=["workflow/ask"])
    add_budget(actor=alice, scope="key", subject=key.pk, every="day", amount_usd=Decimal("0.01"))
    reply = Program(text).chat("workflow/ask")
    assert (reply.status, error_of(reply)["code"]) == (429, "insufficient_quota")
    assert reply.headers["x-should-retry"] == "false"
    assert Run.objects.get().status == "failed"


def test_a_failure_tells_the_run_and_no_secrets(alice: User, program: Program) -> None:
    step = code("boom", "raise ValueError('the password is hunter2')")
    published(alice, graph(step, edge("start", "boom")), name="Boom")
    for more in ({}, USAGE):
        reply = program.chat("workflow/boom", **more)
        assert (reply.status, error_of(reply)["code"]) == (500, "workflow_failed")
        assert "hunter2" not in reply.body.decode()
        assert reply.headers["x-should-retry"] == "false"
    assert str(Run.objects.latest("created_at").pk) in error_of(reply)["message"]
    assert journal.written().result(30)
    row = LlmCall.objects.filter(route="workflow/boom").latest("created_at")
    assert (row.status, row.error_code, row.run_id is not None) == (
        "error",
        "workflow_failed",
        True,
    )


def test_a_run_that_asks_a_person_goes_on_without_its_caller(alice: User, program: Program) -> None:
    ask = node("ask", "human.approval", config={"title": "Sure?"})
    published(alice, graph(ask, edge("start", "ask")), name="Sure")
    for more in ({}, USAGE):
        reply = program.chat("workflow/sure", **more)
        assert (reply.status, error_of(reply)["code"]) == (409, "workflow_waits")
    assert {run.status for run in Run.objects.all()} == {"waiting"}


@pytest.mark.parametrize("streams", [True, False])
def test_who_leaves_ends_the_run(
    alice: User, provider: Provider, program: Program, fake: FakeProvider, *, streams: bool
) -> None:
    lead(alice, "stalls", provider=provider)
    published(alice, answering(), name="Ask")
    if streams:
        program.leave("workflow/ask", lambda said: b"Hello" in said)
    else:
        program.abandon("workflow/ask", fake.came)
    until(lambda: Run.objects.get().status == "cancelled")
    row = row_of_the_call("workflow/ask")
    assert (row.status, row.run_id) == ("cancelled", Run.objects.get().pk)
    assert not AuditEntry.objects.filter(action="run.cancelled").exists()


def test_who_leaves_while_a_run_is_written_down_ends_it(alice: User, provider: Provider) -> None:
    lead(alice, "stalls", provider=provider)
    published(alice, answering(), name="Ask")
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    ask = Ask(model="workflow/ask", body=body, streams=False, source=Source(user_id=alice.pk))
    begins, has_left = Event(), Event()

    async def leave() -> None:
        async def stay() -> None:
            async with opened(ask, Upstream("workflow", WORKFLOW, "ask")):
                raise AssertionError("Nobody is here any more.")

        asked = asyncio.create_task(stay())
        await asyncio.to_thread(begins.wait, 10)
        asked.cancel()
        await asyncio.sleep(0)
        has_left.set()
        with pytest.raises(asyncio.CancelledError):
            await asked

    with ThreadPoolExecutor(max_workers=1) as thread:
        held = thread.submit(copy_context().run, _hold_up_runs, begins, has_left)
        asyncio.run(leave())
        held.result(10)
    until(lambda: Run.objects.filter(status="cancelled").exists())


def _hold_up_runs(begins: Event, has_left: Event) -> None:
    """Let no run be written down until somebody who wanted one has left."""
    waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'runs_run'::regclass AND NOT granted"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE runs_run IN SHARE MODE")
            until(lambda: cursor.execute(waiting).fetchone()[0] > 0)
            begins.set()
            assert has_left.wait(10)
    finally:
        connection.close()
