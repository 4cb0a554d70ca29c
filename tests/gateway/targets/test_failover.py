"""What a route does when its targets fail, are late, or break off: against a fake that does all of it."""

import time
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings

from apps.accounts.models import User
from apps.egress import circuits
from apps.egress.circuits import Rules
from apps.gateway import services
from apps.gateway.exceptions import (
    AnswerCut,
    ContextTooLong,
    DeadlinePassed,
    ProviderBusy,
    ProviderFailed,
    ProviderResting,
)
from apps.gateway.models import LlmCall, ModelRoute, Provider
from apps.gateway.routes import health, sharing
from apps.gateway.routes.allowance import HEDGES, RETRIES, Allowance
from apps.gateway.routes.health import ENOUGH, Sample
from apps.gateway.targets import legs
from apps.notifications.models import Notification
from apps.tenants.context import current_schema
from tests.fakeai.chat import WORDS
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import complete, connect
from tests.gateway.programs import Program, events_of, key_of, only_call, text_of

pytestmark = pytest.mark.django_db(transaction=True)
WHOLE = "".join(WORDS)


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    return connect(fake, alice)


@pytest.fixture
def program(alice: User) -> Program:
    return Program(key_of(alice))


def lead(actor: User, *models: str, **policy: Any) -> ModelRoute:
    """Let the default route ask these models of the fake in order, by a policy."""
    targets = [{"provider": "fake", "model": model} for model in models]
    route = ModelRoute.objects.get(alias="default")
    return services.save_route(route, actor=actor, targets=targets, policy=policy)


def errors(call: LlmCall | None = None) -> list[tuple[str, str | None]]:
    attempts = (call or LlmCall.objects.latest("created_at")).attempts
    return [(each["model"], each.get("error")) for each in attempts]


@pytest.mark.parametrize("policy", [{"max_ttft_ms": 1_000}, {"interactive": True}])
def test_a_first_word_that_is_late_is_not_waited_for(
    alice: User, provider: Provider, fake: FakeProvider, policy: dict[str, Any]
) -> None:
    lead(alice, "silent", "ok", **policy)
    assert complete().model == "ok"
    assert errors() == [("silent", "first_word_late"), ("ok", None)]
    assert fake.left.wait(5)  # it was told that nobody waits any more
    assert circuits.listed() == []  # the route was impatient; the model did not fail


def test_whole_answers_say_nothing_of_a_first_word(
    alice: User, provider: Provider, program: Program
) -> None:
    """They take as long as they take; a limit of the first word is for streams, and by streams."""
    lead(alice, "slow-150", max_ttft_ms=100)
    for _ in range(ENOUGH):
        assert program.chat().status == 200
    assert program.chat().status == 200
    vitals = health.of(current_schema(), "fake/slow-150")
    hoped = health.expected(vitals.recent(time.time()))
    assert (hoped.p50_ms or 0) >= 150
    assert hoped.first_p50_ms is None


def test_where_every_first_word_is_late_the_least_late_is_waited_for(
    alice: User, provider: Provider
) -> None:
    lead(alice, "slow-400", "slow-150", max_ttft_ms=100)
    knows("slow-400", 400)
    knows("slow-150", 150)
    assert complete().model == "slow-150"


def test_a_deadline_holds_for_all_attempts_together(alice: User, provider: Provider) -> None:
    lead(alice, "error-500", "silent", "ok", max_latency_ms=300)
    with pytest.raises(DeadlinePassed, match=r"0.3 s"):
        complete()
    assert [model for model, _ in errors()] == ["error-500", "silent"]
    assert only_call().error_code == "deadline_passed"


def test_a_deadline_holds_within_an_answer_too(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "stalls")
    events = events_of(program.chat(stream=True, max_latency_ms=1_500))
    assert events[0]["choices"][0]["delta"] == {"content": "Hello"}
    assert events[-1]["error"]["code"] == "deadline_passed"
    assert fake.left.wait(5)
    row = only_call()
    assert (row.status, row.error_code, row.output_tokens) == ("error", "deadline_passed", 2)


def test_a_model_that_limits_calls_is_left_alone_as_long_as_it_asks(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    lead(alice, "error-429", "ok")
    assert [complete().model for _ in range(2)] == ["ok", "ok"]
    assert fake.models == ["error-429", "ok", "ok"]
    assert LlmCall.objects.latest("created_at").decision["outcome"]["rejected"] == {
        "0": ["cooling_down"]
    }
    lead(alice, "error-429")
    with pytest.raises(ProviderBusy) as caught:
        complete()
    assert 0 < (caught.value.retry_after or 0) <= 7
    assert len(fake.asked) == 3


def test_a_refused_key_is_told_to_those_who_can_replace_it(
    alice: User, bob: User, provider: Provider
) -> None:
    lead(alice, "error-401", "ok")
    route = ModelRoute.objects.get(alias="default")
    targets = [{"provider": "fake", "model": "error-401"}, {"provider": "built-in"}]
    services.save_route(route, actor=alice, targets=targets)
    for _ in range(2):
        assert complete().builtin
    told = Notification.objects.get(kind="provider.key_refused", user=alice)
    assert told.title == "Fake refused its key"
    assert told.path == f"/relaycore/providers/{provider.pk}/"
    assert not Notification.objects.filter(user=bob).exists()


@pytest.mark.parametrize("status", [402, 403, 404])
def test_a_model_that_a_provider_does_not_give_is_another_targets_turn(
    alice: User, provider: Provider, fake: FakeProvider, status: int
) -> None:
    lead(alice, f"error-{status}", "ok")
    assert [complete().model for _ in range(6)] == ["ok"] * 6
    assert circuits.listed() == []  # it answers: nothing is wrong with the service
    told = Notification.objects.filter(kind="provider.out_of_money", user=alice)
    assert told.count() == (status == 402)


def test_what_is_too_long_goes_to_whoever_may_read_more(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    rooms = {"too-long": 8_000, "small": 8_000, "large": 9_000}
    targets = [
        {"provider": "fake", "model": model, "context_tokens": room}
        for model, room in rooms.items()
    ]
    route = ModelRoute.objects.get(alias="default")
    services.save_route(route, actor=alice, targets=targets)
    assert complete().model == "large"
    assert fake.models == ["too-long", "large"]
    services.save_route(route, actor=alice, targets=targets[:2])
    with pytest.raises(ContextTooLong):
        complete()
    assert fake.models[2:] == ["too-long"]
    assert circuits.listed() == []


def test_an_empty_account_is_told_to_those_who_can_top_it_up(
    alice: User, bob: User, provider: Provider
) -> None:
    lead(alice, "no-quota", "ok")
    for _ in range(3):
        assert complete().model == "ok"
    told = Notification.objects.get(kind="provider.out_of_money", user=alice)
    assert told.title == "Fake says that its account is empty"
    assert told.path == f"/relaycore/providers/{provider.pk}/"
    assert not Notification.objects.filter(user=bob).exists()


@pytest.mark.parametrize(
    ("model", "what"), [("no-quota", "_tell_of_money"), ("error-401", "_give_up")]
)
def test_what_cannot_be_told_of_a_refusal_keeps_nobody_waiting(
    alice: User, provider: Provider, monkeypatch: pytest.MonkeyPatch, model: str, what: str
) -> None:
    """Planted: the database goes away in that moment."""

    def away(_target: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(legs, what, away)
    lead(alice, model, "ok")
    assert complete().model == "ok"


def test_targets_are_gone_through_again_after_a_pause_where_the_route_says_so(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    lead(alice, "error-500", "error-503", retries=1)
    with pytest.raises(ProviderFailed):
        complete()
    assert fake.models == ["error-500", "error-503"] * 2


def test_repeats_are_a_share_of_the_calls(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    lead(alice, "error-500", "ok")
    route = f"{current_schema()}:default"
    while RETRIES.spend(route):
        pass
    with pytest.raises(ProviderFailed):
        complete()
    assert fake.models == ["error-500"]
    few = Allowance(share=0.25, most=2)
    assert [few.spend("r") for _ in range(3)] == [True, True, False]
    for _ in range(4):
        few.earn("r")
    assert [few.spend("r") for _ in range(2)] == [True, False]


def knows(model: str, first_ms: int, *, streamed: bool = True) -> None:
    """Let the process know how fast a model usually is."""
    for _ in range(40):
        sample = Sample(time.time(), first_ms, first_ms + 10, streamed=streamed)
        health.of(current_schema(), f"fake/{model}").note(sample)


def test_a_late_model_is_raced_by_the_next(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    services.set_price(
        actor=alice, provider="fake", model="*", input_usd=Decimal(1000), output_usd=Decimal(0)
    )
    lead(alice, "slow-700", "ok", hedge=True)
    assert complete().model == "slow-700"  # nothing is known of it yet
    knows("slow-700", 30)
    assert complete().model == "ok"
    call = LlmCall.objects.latest("created_at")
    assert errors(call) == [("slow-700", "hedge_lost"), ("ok", None)]
    assert call.attempts[1]["hedge"] is True
    alone = LlmCall.objects.earliest("created_at")
    assert call.cost_usd is not None
    assert alone.cost_usd is not None
    assert call.cost_usd > alone.cost_usd  # both were paid for
    assert call.tokens_estimated
    while HEDGES.spend(f"{current_schema()}:default"):
        pass
    assert complete().model == "slow-700"
    assert errors() == [("slow-700", None)]


def test_a_whole_answer_is_late_when_whole_answers_are_not(
    alice: User, provider: Provider, program: Program
) -> None:
    lead(alice, "slow-300", "ok", hedge=True)
    knows("slow-300", 30)
    knows("slow-300", 5_000, streamed=False)
    assert program.chat().headers["x-auterity-model"] == "slow-300"
    assert errors(only_call()) == [("slow-300", None)]


def test_a_hedge_wins_over_one_that_fails_late(alice: User, provider: Provider) -> None:
    lead(alice, "silent", "error-500", "ok", hedge=True, max_ttft_ms=600)
    knows("silent", 30)
    assert complete().model == "ok"
    assert errors() == [
        ("silent", "first_word_late"),
        ("error-500", "provider_failed"),
        ("ok", None),
    ]


@pytest.mark.parametrize("model", ["cut", "broken"])
def test_a_stream_that_breaks_off_is_continued_by_the_next(
    alice: User, provider: Provider, program: Program, fake: FakeProvider, model: str
) -> None:
    lead(alice, model, "ok", mending="continue")
    events = events_of(program.chat(stream=True, stream_options={"include_usage": True}))
    assert text_of(events) == "Hello" + WHOLE
    notice = next(each for each in events[:-1] if "auterity" in each)
    assert notice["auterity"]["failover"] == {
        "mode": "continue", "from": f"fake/{model}", "to": "fake/ok", "reason": "answer_cut",
    }  # fmt: skip
    assert len({each["id"] for each in events[:-1]}) == 1
    assert (
        sum("role" in each["choices"][0]["delta"] for each in events[:-1] if each["choices"]) == 0
    )
    assert events[-1] == "[DONE]"
    said = fake.asked[-1].body["messages"][-2:]
    assert said[0] == {"role": "assistant", "content": "Hello"}
    assert "exactly where it stopped" in said[1]["content"]
    row = only_call()
    assert (row.status, row.model, row.tokens_estimated) == ("ok", "ok", True)
    assert errors(row) == [(model, "answer_cut"), ("ok", None)]
    assert row.output_tokens == 200 + 2  # of both


def test_a_stream_that_breaks_off_is_begun_anew_by_the_next(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "cut", "broken", "ok", mending="restart")
    heard: list[str] = []
    assert complete(heard=heard).text == WHOLE
    assert "".join(heard) == "HelloHello" + WHOLE
    events = events_of(program.chat(stream=True))
    modes = [each["auterity"]["failover"]["mode"] for each in events[:-1] if "auterity" in each]
    assert modes == ["restart", "restart"]
    assert len(fake.asked[-1].body["messages"]) == 1


def test_what_cannot_be_continued_ends_with_its_error(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    lead(alice, "cut", mending="continue")
    with pytest.raises(AnswerCut):
        complete()
    lead(alice, "cut", "ok", mending="continue")
    with pytest.raises(AnswerCut):
        complete(json_schema={"type": "object"})
    lead(alice, "cut", "error-500", mending="continue")
    with pytest.raises(AnswerCut):
        complete()
    row = LlmCall.objects.latest("created_at")
    assert (row.provider, row.model, row.output_tokens) == ("fake", "cut", 2)
    assert fake.models == ["cut", "cut", "cut", "error-500"]


def test_where_all_are_left_alone_one_is_tried_every_few_seconds(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    lead(alice, "error-500")
    for _ in range(5):
        with pytest.raises(ProviderFailed):
            complete()
    with pytest.raises(ProviderResting):
        complete()
    assert LlmCall.objects.latest("created_at").decision["outcome"]["in_need"] is True
    circuit = circuits.listed()[0]
    name = circuits.name_of(circuit.service, circuit.target)
    soon = Rules(press_s=0)
    assert circuits.take_step("admit", name, rules=soon, id="a").verdict == "open"
    assert circuits.take_step("press", name, rules=soon, id="b").verdict == "probe"
    assert circuits.take_step("press", name, rules=soon, id="c").verdict == "busy"


def test_processes_tell_each_other(alice: User, provider: Provider) -> None:
    schema = current_schema()
    lead(alice, "error-429", "ok")
    complete()
    sharing.catch_up(schema)  # sends what this process saw
    health.forget()
    other = sharing.Exchange()
    other.meet({schema})
    assert [each.ok for each in health.of(schema, "fake/ok").samples] == [True]
    assert health.of(schema, "fake/ok").load_ms(time.time()) > 0
    cooled = [key for key in health._cooling if key[1].endswith("/error-429")]
    assert health.cooling_s(*cooled[0], time.time()) > 0
    other.meet({schema})
    assert len(health.of(schema, "fake/ok").samples) == 1  # heard once


def test_calls_go_on_without_redis(alice: User, provider: Provider, settings: Settings) -> None:
    lead(alice, "error-429", "ok")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    for each in (sharing, circuits):
        each.disconnect()
    try:
        assert [complete().model for _ in range(2)] == ["ok", "ok"]
        assert errors() == [("ok", None)]  # this process knows all the same
        sharing.catch_up(current_schema())
    finally:
        for each in (sharing, circuits):
            each.disconnect()
