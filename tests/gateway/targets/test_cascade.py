"""Verified cascades: held, checked, escalated, paid for, within the call's time and money."""

import json
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.gateway import services
from apps.gateway.exceptions import DeadlinePassed, NoFittingTarget, NotVerified, ProviderFailed
from apps.gateway.ledger import journal
from apps.gateway.models import LlmCall, ModelRoute, Provider, TaskQuality
from apps.gateway.routes.decision import Decision
from tests.factories.cast import api_client
from tests.fakeai.server import FakeProvider
from tests.gateway.budgets.spending import period_of, tell, usd, workspace_budget
from tests.gateway.calling import complete, connect
from tests.gateway.programs import Program, error_of, events_of, key_of, only_call, text_of

pytestmark = pytest.mark.django_db(transaction=True)
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
FORM = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
RIGHT, WRONG = '{"n": 1}', '{"n": "one"}'
PRICES = {"small": 1, "middle": 5, "large": 20, "silent": 20, "error-500": 20, "judge": 2}
TOKENS = Decimal("0.0012")  # of one answer of the fake, at a dollar a million


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    made = connect(fake, alice)
    for model, price in PRICES.items():
        services.set_price(
            actor=alice, provider="fake", model=model, input_usd=usd(price), output_usd=usd(price)
        )
    fake.says |= {"small": WRONG, "middle": RIGHT, "large": RIGHT}
    return made


@pytest.fixture
def program(alice: User) -> Program:
    return Program(key_of(alice))


def lead(actor: User, *models: str, **policy: Any) -> ModelRoute:
    targets = [{"provider": "fake", "model": model} for model in models]
    targets[0]["role"] = "cheap"
    policy = {"verify": "escalate", "explore": 0, **policy}
    route = ModelRoute.objects.get(alias="default")
    return services.save_route(route, actor=actor, targets=targets, policy=policy)


def ask(**more: Any) -> Any:
    return complete(**{"json_schema": SCHEMA, **more})


def marks(call: LlmCall) -> list[tuple[str, str | None]]:
    return [(each["model"], each.get("verdict", {}).get("mark")) for each in call.attempts]


def replays(call: LlmCall) -> bool:
    decision = Decision.kept(call.decision)
    return decision is not None and decision.replayed() == decision.outcome


def test_a_cheap_answer_that_holds_is_the_answer(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    lead(alice, "small", "large")
    fake.says["small"] = RIGHT
    heard: list[str] = []
    answer = ask(heard=heard)
    assert (answer.model, answer.text, "".join(heard)) == ("small", RIGHT, RIGHT)
    assert fake.models == ["small"]
    row = LlmCall.objects.get()
    assert (row.verdict, row.task_class, row.explored) == ("passed", "generate/json", False)
    assert marks(row) == [("small", "passed")]
    assert row.cost_usd == TOKENS


def test_one_that_fails_is_asked_of_a_stronger_target_and_both_are_paid_for(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    budget = workspace_budget(alice, 10)
    lead(alice, "small", "large")
    answer = ask()
    assert (answer.model, answer.text) == ("large", RIGHT)
    row = LlmCall.objects.get()
    assert marks(row) == [("small", "failed"), ("large", "passed")]
    assert row.attempts[0]["verdict"] == {
        "mark": "failed", "check": "schema",
        "reason": "does not fit the schema at properties/n/type",
    }  # fmt: skip
    assert [Decimal(each["usd"]) for each in row.attempts] == [TOKENS, 20 * TOKENS]
    assert row.cost_usd == answer.cost_usd == 21 * TOKENS
    assert (row.input_tokens, row.output_tokens) == (2_000, 400)
    assert "one" not in json.dumps([row.attempts, row.decision])  # of a call no words are kept
    assert replays(row)
    tell()
    assert period_of(budget).spent_usd == row.cost_usd
    known = {each.model: (each.passed, each.failed) for each in TaskQuality.objects.all()}
    assert known == {"fake/small": (0, 1), "fake/large": (1, 0)}


def test_a_program_hears_nothing_before_an_answer_holds(
    alice: User, provider: Provider, program: Program
) -> None:
    lead(alice, "small", "middle")
    reply = program.chat(response_format=FORM)
    assert reply.json()["choices"][0]["message"]["content"] == RIGHT
    assert reply.headers["x-auterity-verdict"] == "passed"
    assert reply.headers["x-auterity-attempts"] == "2"
    assert reply.headers["x-auterity-cost-usd"] == "0.0072"
    events = events_of(program.chat(response_format=FORM, stream=True))
    assert text_of(events) == RIGHT
    assert events[-1] == "[DONE]"


def test_where_all_fail_the_route_says_what_is_told(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    fake.says["large"] = "no JSON"
    lead(alice, "small", "large")
    reply = program.chat(response_format=FORM)
    assert reply.json()["choices"][0]["message"]["content"] == "no JSON"
    assert reply.headers["x-auterity-verdict"] == "failed"
    lead(alice, "small", "large", unverified="error")
    with pytest.raises(NotVerified, match="the last one is not JSON"):
        ask()
    row = LlmCall.objects.latest("created_at")
    assert (row.status, row.error_code, row.cost_usd) == ("error", "not_verified", 21 * TOKENS)
    assert marks(row) == [("small", "failed"), ("large", "failed")]
    error = error_of(program.chat(response_format=FORM))
    assert error["code"] == "not_verified"


def test_targets_of_one_order_are_one_rung(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    targets = [
        {"provider": "fake", "model": model, "order": order}
        for model, order in (("small", 0), ("small", 0), ("error-500", 1), ("large", 1))
    ]
    policy = {"verify": "escalate", "explore": 0}
    route = ModelRoute.objects.get(alias="default")
    services.save_route(route, actor=alice, targets=targets, policy=policy)
    assert ask().model == "large"
    assert fake.models.count("small") == 1  # its twin would answer alike
    assert set(fake.models) <= {"small", "error-500", "large"}


def test_an_answer_that_breaks_off_leads_to_the_next(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    services.set_price(
        actor=alice, provider="fake", model="cut", input_usd=usd(1), output_usd=usd(1)
    )
    lead(alice, "cut", "large")
    assert ask().model == "large"
    row = LlmCall.objects.get()
    assert row.attempts[0]["error"] == "answer_cut"
    assert marks(row) == [("cut", None), ("large", "passed")]
    assert row.cost_usd is not None
    assert row.cost_usd > 20 * TOKENS  # what came of the first is paid for


@pytest.mark.parametrize("next_one", ["silent", "error-500"])
def test_where_the_stronger_one_does_not_answer_the_last_answer_counts(
    alice: User, provider: Provider, fake: FakeProvider, next_one: str
) -> None:
    lead(alice, "small", next_one, max_latency_ms=1_500)
    answer = ask()
    assert (answer.model, answer.text) == ("small", WRONG)
    row = LlmCall.objects.latest("created_at")
    assert (row.status, row.verdict) == ("ok", "failed")
    # Who refused took nothing; of who said nothing 504 tokens are guessed, at $20 a million.
    cost = TOKENS + (Decimal("0.01008") if next_one == "silent" else 0)
    assert row.cost_usd == cost
    lead(alice, "small", next_one, max_latency_ms=1_500, unverified="error")
    with pytest.raises((DeadlinePassed, ProviderFailed)):
        ask()
    row = LlmCall.objects.latest("created_at")
    assert (row.status, row.cost_usd) == ("error", cost)  # it was asked, and is paid for


def test_the_money_of_a_call_is_for_all_attempts_together(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "small", "middle", "large")
    fake.says["middle"] = WRONG
    # The first takes 0.0012; what is left pays for the second, and then not for the third.
    reply = program.chat(response_format=FORM, max_cost_usd=0.008, max_tokens=200)
    assert reply.status == 200
    assert fake.models == ["small", "middle"]
    assert only_call().verdict == "failed"
    row = only_call()
    assert row.cost_usd == 6 * TOKENS
    assert row.cost_usd <= Decimal("0.008")


def test_a_call_that_nothing_can_check_asks_the_cheap_one_last(
    alice: User, provider: Provider, fake: FakeProvider, program: Program
) -> None:
    lead(alice, "small", "large")
    fake.says["large"] = "Hello"
    assert complete().model == "large"
    assert LlmCall.objects.get().verdict == ""
    fake.asked.clear()
    lead(alice, "small", "large", max_ttft_ms=5_000)  # somebody waits for the first word
    events = events_of(program.chat(response_format=FORM, stream=True))
    assert text_of(events) == "Hello"
    assert fake.models == ["large"]
    assert program.chat(response_format=FORM).status == 200  # this one can be held
    assert fake.models == ["large", "small", "large"]


def test_tools_are_checked_as_they_come_in_events(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    for model in ("bad-arguments", "tool"):
        services.set_price(
            actor=alice, provider="fake", model=model, input_usd=usd(1), output_usd=usd(1)
        )
    lead(alice, "bad-arguments", "tool")
    parameters = {"type": "object", "properties": {"q": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "look_up", "parameters": parameters}}]
    for stream in (False, True):
        fake.asked.clear()
        assert program.chat(tools=tools, stream=stream).status == 200
        assert fake.models == ["bad-arguments", "tool"]
    assert journal.written().result(30)
    rows = list(LlmCall.objects.all())
    assert [each.task_class for each in rows] == ["tools", "tools"]
    assert marks(rows[0]) == [("bad-arguments", "failed"), ("tool", "passed")]


def test_a_judge_is_asked_where_its_word_matters(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    judge = {"provider": "fake", "model": "judge"}
    services.save_route(None, actor=alice, alias="judging", targets=[judge])
    lead(alice, "small", "large", judge="judging")
    fake.says |= {"small": "Hello", "large": "Hi", "judge": '{"holds": false}'}
    answer = complete()
    assert answer.model == "large"
    assert fake.models == ["small", "judge", "large"]  # the last answer is given all the same
    asked = fake.asked[1].body
    assert asked["max_tokens"] == 60
    assert "Say hello" in asked["messages"][1]["content"]
    row = LlmCall.objects.get(route="default")
    assert row.attempts[0]["verdict"] == {
        "mark": "failed", "check": "judge", "reason": "does not hold, says the judge",
    }  # fmt: skip
    judged = LlmCall.objects.get(route="judging")
    assert (judged.task, judged.cost_usd) == ("judge", 2 * TOKENS)
    assert answer.cost_usd == 23 * TOKENS  # the step pays for the judge too
    fake.says["judge"] = '{"holds": true}'
    assert complete().model == "small"
    fake.says["judge"] = "perhaps"
    assert complete().model == "large"
    lead(alice, "small", "large", judge="judging", judge_usd="0.00000001")
    assert complete().model == "large"  # no judge for that money: nothing vouches for the first


def test_answers_that_are_watched_go_out_as_they_come(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "small", "large", verify="watch")
    for stream in (False, True):
        fake.asked.clear()
        reply = program.chat(response_format=FORM, stream=stream)
        assert WRONG.replace('"', '\\"')[:4] in reply.body.decode()
        assert fake.models == ["small"]
    assert journal.written().result(30)
    rows = list(LlmCall.objects.all())
    assert [each.verdict for each in rows] == ["failed", "failed"]
    assert marks(rows[0]) == [("small", "failed")]
    assert TaskQuality.objects.get().failed == pytest.approx(2, abs=1e-3)  # it fades with time


def test_a_floor_asks_those_whose_quality_is_proven(
    alice: User, provider: Provider, fake: FakeProvider, client: APIClient
) -> None:
    lead(alice, "small", "large", quality_floor=0.8)
    with pytest.raises(NoFittingTarget, match="neither stated nor learnt"):
        ask()
    for model, passed, failed in (("small", 60, 40), ("large", 99, 1)):
        TaskQuality.objects.create(
            task="generate/json", model=f"fake/{model}", passed=passed, failed=failed
        )
    lead(alice, "small", "large", quality_floor=0.9)
    assert ask().model == "large"
    row = LlmCall.objects.latest("created_at")
    decision = Decision.kept(row.decision)
    assert decision is not None
    assert decision.outcome.rejected == {0: ("quality_too_low",)}
    small = decision.inputs.candidates[0]
    assert (small.passed, small.failed) == (60, 40)
    assert small.bound is not None
    assert 0.5 < small.bound < 0.6
    TaskQuality.objects.all().delete()
    assert replays(row)  # what was known then is kept with the call
    told = api_client(alice).get(f"/api/v1/gateway/calls/{row.pk}/decision/").json()
    assert told["route_version"] == row.route_version
    assert told["holds"] is True
    assert told["candidates"][1]["quality"]["bound"] == small.bound


def test_exploring_is_marked_and_happens_again_in_a_replay(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    lead(alice, "small", "large", explore=0.2)
    for _ in range(40):
        ask()
    rows = list(LlmCall.objects.all())
    explored = [each for each in rows if each.explored]
    assert 0 < len(explored) < 25
    assert {each.attempts[0]["model"] for each in explored} == {"large"}
    assert all(replays(each) for each in rows)
    assert all(each.decision["inputs"]["seed"] == each.pk.hex for each in rows)


def test_a_cheaper_target_is_taken_where_a_budget_has_too_little_for_the_first(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    budget = workspace_budget(alice, "0.02")
    lead(alice, "large", "small", verify="off")
    fake.says["small"] = RIGHT
    assert ask(max_tokens=1_000).model == "small"
    assert fake.models == ["small"]
    row = LlmCall.objects.get()
    assert row.decision["outcome"]["rejected"] == {"0": ["budget"]}
    assert replays(row)
    tell()
    assert period_of(budget).refused == 0  # nobody was refused
