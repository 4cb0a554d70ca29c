"""The playground: calls in a person's name, told as they come, and what may be asked by whom."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from apps.accounts.models import User
from apps.egress import client as egress
from apps.gateway import services as gateway
from apps.gateway.asks import Ask
from apps.gateway.budgets.services import add_budget
from apps.gateway.ledger import journal
from apps.gateway.models import LlmCall
from apps.gateway.playground.telling import Telling
from tests.factories.callers import Caller, Reply
from tests.factories.runs import Start, carry
from tests.fakeai.chat import WORDS
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import connect, lead
from tests.gateway.prompts.writing import content, written
from tests.runs.interpreter.test_semantics import graph
from tests.runs.scenes import published
from tests.workflows.definitions import edge, node

pytestmark = pytest.mark.django_db(transaction=True)
PAGE, ASK = "/relaycore/playground/", "/relaycore/playground/ask/"
HELLO = content("Be kind", "Say hello to {{ who }}")


def browser(user: User) -> Client:
    client = Client(HTTP_HOST="alpha.localhost")
    client.force_login(user)
    return client


def asked(user: User, model: str = "default", **more: Any) -> Any:
    question = {"model": model, "content": HELLO, "values": {"who": "Ada"}, **more}
    return browser(user).post(ASK, question, content_type="application/json")


def streamed(user: User, model: str) -> tuple[Reply, list[Any]]:
    """Ask for a stream as a browser does; return the answer and its chunks."""
    client = browser(user)
    client.get(PAGE)
    cookie = "; ".join(f"{each.key}={each.value}" for each in client.cookies.values())
    csrf = client.cookies[settings.CSRF_COOKIE_NAME].value
    question = {"model": model, "content": content("Hello")}

    async def ask() -> Reply:
        try:
            return await Caller().call(
                ASK, question, cookie=cookie, x_csrftoken=csrf, accept="text/event-stream"
            )
        finally:
            await egress.close()

    reply = asyncio.run(ask())
    if reply.status != 200:
        return reply, []
    lines = [line for line in reply.body.decode().split("\n\n") if line]
    told = [line.removeprefix("data: ") for line in lines]
    return reply, [each if each == "[DONE]" else json.loads(each) for each in told]


def only_call() -> LlmCall:
    assert journal.written().result(30)
    return LlmCall.objects.get()


def test_a_call_is_the_persons_and_marked(oscar: User, alice: User, fake: FakeProvider) -> None:
    lead(alice, "ok", provider=connect(fake, alice))
    told = asked(oscar).json()
    assert (told["text"], told["input_tokens"]) == ("".join(WORDS), 1000)
    row = only_call()
    assert (row.task, row.user_id, row.key_id) == ("playground", oscar.pk, None)
    assert (told["call"], row.route, row.status) == (str(row.pk), "default", "ok")
    sent = fake.asked[-1].body["messages"]
    assert [each["content"] for each in sent] == ["Be kind", "Say hello to Ada"]


def test_it_is_told_as_chats_are(alice: User, fake: FakeProvider) -> None:
    connect(fake, alice)
    answer, told = streamed(alice, "fake/ok")
    assert answer.headers["x-vercel-ai-ui-message-stream"] == "v1"
    kinds = [each if isinstance(each, str) else each["type"] for each in told]
    assert kinds == [
        "start", "start-step", "text-start", *["text-delta"] * len(WORDS), "text-end",
        "finish-step", "finish", "[DONE]",
    ]  # fmt: skip
    assert told[-2]["messageMetadata"]["output_tokens"] == 200
    assert told[-2]["messageMetadata"]["ttft_ms"] is not None


def test_errors_are_those_of_the_column(alice: User, fake: FakeProvider) -> None:
    connect(fake, alice)
    answer, _ = streamed(alice, "fake/error-429")
    assert (answer.status, answer.json()["code"]) == (429, "rate_limit_exceeded")
    answer, told = streamed(alice, "fake/broken:openai")
    assert answer.status == 200
    assert [each["type"] for each in told[:-1]][-1] == "error"
    assert told[-1] == "[DONE]"


def test_who_stops_ends_the_call(alice: User, fake: FakeProvider) -> None:
    connect(fake, alice)

    async def leave() -> None:
        telling = Telling(
            Ask("fake/stalls", {"messages": [{"role": "user", "content": "Hi"}]}, streams=True)
        )
        await telling.begin()
        lines = telling.lines()
        assert b"start" in await anext(lines)
        await lines.aclose()
        await egress.close()

    asyncio.run(leave())
    assert fake.left.wait(10)
    assert only_call().status == "cancelled"


def test_budgets_hold(alice: User, oscar: User, fake: FakeProvider) -> None:
    lead(alice, "ok", provider=connect(fake, alice))
    gateway.set_price(
        actor=alice, provider="fake", model="*", input_usd=Decimal(9), output_usd=Decimal(9)
    )
    add_budget(
        actor=alice, scope="member", subject=oscar.pk, every="day", amount_usd=Decimal(1)
    )  # fmt: skip
    answer = asked(oscar, content={**HELLO, "params": {"max_tokens": 1_000_000}})
    assert (answer.status_code, answer.json()["code"]) == (429, "insufficient_quota")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"model": ""}, 422, "Choose what to ask"),
        ({"model": "nowhere"}, 404, "no such route"),
        ({"values": {}}, 422, "who has no value"),
        ({"values": []}, 200, ""),
        ({"content": {}}, 422, "required"),
        ({"content": content("x", variables=[{"name": "a"}, {"name": "a"}])}, 422, "named a"),
    ],
)
def test_what_makes_no_sense_is_said(oscar: User, change: Any, status: int, field: str) -> None:
    change = {"content": content("Hi")} | change if change.get("values") == [] else change
    answer = asked(oscar, **change)
    assert answer.status_code == status
    assert field in answer.json().get("message", "")


def test_models_past_routes_are_for_who_manages_providers(
    alice: User, oscar: User, vera: User
) -> None:
    assert asked(oscar, "built-in/rules").status_code == 403
    assert asked(alice, "built-in/rules").status_code == 200
    assert asked(vera).status_code == 403
    assert browser(vera).get(PAGE).status_code == 403
    kinds = set(browser(oscar).get(PAGE).context["known"])
    assert (kinds, set(browser(alice).get(PAGE).context["known"])) == (
        {"Routes"},
        {"Routes", "Models"},
    )


def test_workflows_are_asked_too(alice: User, oscar: User) -> None:
    reply = node("reply", "core.respond", config={"body": "{{ input.prompt }}"})
    published(alice, graph(reply, edge("start", "reply")), name="Echo")
    told = asked(oscar, "workflow/echo").json()
    assert told["text"] == "Say hello to Ada"
    assert told["run"]
    assert asked(oscar, "workflow/nowhere").status_code == 404


def test_a_prompt_of_the_library_is_loaded_and_marked(bob: User) -> None:
    written(bob, "Be kind", "Say hello to {{ who }}")
    page = browser(bob).get(f"{PAGE}?prompt=reply").context
    assert (page["reference"], len(page["begun"]["messages"])) == ("reply@1", 2)
    assert browser(bob).get(f"{PAGE}?prompt=nobody").context["is_missing"]
    assert asked(bob, prompt="reply@1").status_code == 200
    assert only_call().prompt == "reply@1"
    LlmCall.objects.all().delete()
    asked(bob, prompt="reply@1", content=content("Something else"), values={})
    assert only_call().prompt == ""


def test_a_call_of_a_step_is_replayed(bob: User, oscar: User, start: Start) -> None:
    written(bob, "Greet {{ who }}")
    config = {"prompt_ref": "reply", "variables": {"who": "{{ input.x }}"}, "system": "Be brief."}
    run = carry(
        start(graph(node("ai", "ai.generate", config=config), edge("start", "ai")), x="Ada")
    )
    assert run.status == "succeeded", run.error
    call = LlmCall.objects.get()
    begun = browser(oscar).get(f"{PAGE}?call={call.pk}&model=fast").context
    assert [each["content"] for each in begun["begun"]["messages"]] == ["Greet Ada", "Be brief."]
    assert begun["columns"][0] == "fast"
    assert "history of its run" in browser(oscar).get(f"{PAGE}?call={call.pk}").content.decode()


def test_a_call_of_a_workflow_is_replayed(alice: User, oscar: User) -> None:
    reply = node("reply", "core.respond", config={"body": "{{ input.prompt }}"})
    published(alice, graph(reply, edge("start", "reply")), name="Echo")
    told = asked(oscar, "workflow/echo").json()
    assert journal.written().result(30)
    begun = browser(oscar).get(f"{PAGE}?call={told['call']}").context["begun"]
    assert begun["messages"] == [{"role": "user", "content": "Say hello to Ada"}]
    page = browser(oscar).get(f"/relaycore/calls/{told['call']}/").content.decode()
    assert "counted at its steps" in page


def test_words_that_nobody_keeps_are_not_made_up(oscar: User) -> None:
    asked(oscar)
    call = only_call()
    page = browser(oscar).get(f"{PAGE}?call={call.pk}")
    assert (page.context["asked"], page.context["begun"]["messages"]) == (None, [])
    assert "are not kept" in page.content.decode()
    assert browser(oscar).get(f"{PAGE}?call=x").status_code == 422
    assert (
        "Replay on another route"
        in browser(oscar).get(f"/relaycore/calls/{call.pk}/").content.decode()
    )
