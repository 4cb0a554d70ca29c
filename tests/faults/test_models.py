"""Model providers that misbehave, at the level of runs: one way out, a true bill, a clean end (F18)."""

from decimal import Decimal
from typing import Any

import pytest

from apps.accounts.models import User
from apps.gateway import services as gateway
from apps.gateway.models import LlmCall, Provider
from apps.gateway.routes import health
from apps.gateway.usage import MAX_TOKENS
from apps.runs.models import Run
from tests.factories.runs import Start, carry, error_of, events, fire_timers
from tests.fakeai.chat import USAGE
from tests.fakeai.server import FakeProvider
from tests.faults.auditor import audit
from tests.gateway.calling import connect, lead
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge, node

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("targets")]
IN_USD, OUT_USD = Decimal(3), Decimal(15)  # for a million tokens


@pytest.fixture
def provider(fake: FakeProvider, alice: User) -> Provider:
    return connect(fake, alice)


def priced(actor: User, model: str) -> None:
    gateway.set_price(
        actor=actor, provider="fake", model=model, input_usd=IN_USD, output_usd=OUT_USD
    )


def asking(**rest: Any) -> dict[str, Any]:
    ask = node("ai", "ai.generate", config={"prompt": "Say hello."}, **rest)
    return graph(ask, transform("b"), edge("start", "ai"), edge("ai", "b"))


def once() -> dict[str, Any]:
    return asking(retry={"max_attempts": 1})


@pytest.mark.parametrize("broken", ["error-500", "error-429", "error-503"])
def test_the_next_model_is_asked_once_and_the_bill_is_its(
    start: Start, fake: FakeProvider, provider: Provider, alice: User, broken: str
) -> None:
    priced(alice, "ok")
    lead(alice, broken, "ok", provider=provider)
    run = carry(start(once()))
    assert run.status == "succeeded"
    assert fake.models == [broken, "ok"]
    cost = USAGE["prompt_tokens"] * IN_USD + USAGE["completion_tokens"] * OUT_USD
    assert run.cost_usd == cost / 1_000_000
    assert audit(Run.objects.all(), expected=1) == []


@pytest.mark.parametrize("broken", ["stalls", "silent"])
def test_a_silent_stream_ends_at_the_limit_of_the_step(
    start: Start, provider: Provider, alice: User, broken: str
) -> None:
    lead(alice, broken, provider=provider)
    run = carry(start(asking(timeout_s=0.5, retry={"max_attempts": 1})))
    assert (run.status, error_of(run)["code"]) == ("failed", "timeout")
    assert LlmCall.objects.get().status == "cancelled"
    assert audit(Run.objects.all(), expected=1) == []


@pytest.mark.parametrize("broken", ["garbage", "html"])
def test_what_is_no_answer_is_asked_of_the_next_model(
    start: Start, fake: FakeProvider, provider: Provider, alice: User, broken: str
) -> None:
    lead(alice, broken, "ok", provider=provider)
    run = carry(start(once()))
    assert run.status == "succeeded"
    assert fake.models == [broken, "ok"]
    assert audit(Run.objects.all(), expected=1) == []


@pytest.mark.parametrize("broken", ["cut", "broken"])
def test_an_answer_that_broke_off_is_never_taken_for_whole(
    start: Start, fake: FakeProvider, provider: Provider, alice: User, broken: str
) -> None:
    lead(alice, broken, "ok", provider=provider)
    run = carry(start(once()))
    assert run.status == "failed"
    assert error_of(run)["code"] != "internal"
    assert fake.models == [broken]  # the words that it told cannot be taken back
    assert audit(Run.objects.all(), expected=1) == []


def test_a_storm_of_refusals_waits_as_a_row_and_ends(
    start: Start, fake: FakeProvider, provider: Provider, alice: User
) -> None:
    lead(alice, "error-429", provider=provider)
    run = carry(start(asking(retry={"max_attempts": 3, "initial_s": 0.01, "max_s": 0.02})))
    for attempt in (1, 2):
        assert (run.status, len(fake.asked)) == ("waiting", attempt)
        assert run.events.filter(type="node.retrying").last().data["delay_s"] >= 7  # type: ignore[union-attr]
        fire_timers(run)
        health.forget()  # the seconds for which the provider wished to be left alone are over
        run = carry(run)
    assert (run.status, len(fake.asked)) == ("failed", 3)
    assert audit(Run.objects.all(), expected=1) == []


def test_a_revoked_key_fails_cleanly_and_is_not_tried_again(
    start: Start, fake: FakeProvider, provider: Provider, alice: User
) -> None:
    lead(alice, "error-401", provider=provider)
    for _ in range(2):
        run = carry(start(asking()))
        assert run.status == "failed"
        assert error_of(run)["node"] == "ai"
        assert error_of(run)["code"] != "internal"
        assert "node.retrying ai" not in events(run)
    assert len(fake.asked) == 1
    assert audit(Run.objects.all(), expected=2) == []


@pytest.mark.parametrize("lie", ["less", "text", "none"])
def test_a_provider_that_lies_about_tokens_harms_nobody(
    start: Start, provider: Provider, alice: User, lie: str
) -> None:
    """What cannot be true is not believed: the tokens are counted by us."""
    priced(alice, f"lies-{lie}")
    lead(alice, f"lies-{lie}", provider=provider)
    run = carry(start(once()))
    assert run.status == "succeeded", run.error
    entry = LlmCall.objects.get()
    assert entry.tokens_estimated
    assert 0 < entry.input_tokens + entry.output_tokens < 1000
    assert audit(Run.objects.all(), expected=1) == []


def test_a_count_beyond_all_measure_is_cut(start: Start, provider: Provider, alice: User) -> None:
    lead(alice, "lies-huge", provider=provider)
    run = carry(start(once()))
    assert run.status == "succeeded", run.error
    assert run.tokens <= 2 * MAX_TOKENS
