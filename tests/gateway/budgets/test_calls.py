"""Money of real calls: programs at /v1 and steps of runs, to their end, cut off, refused or left."""

from decimal import Decimal
from typing import Any

import pytest

from apps.accounts.models import ApiKey, User
from apps.gateway.budgets import services as budgets
from apps.gateway.cache.services import set_cache
from apps.gateway.ledger import journal
from apps.gateway.models import Budget, BudgetPeriod, LlmCall, Provider
from apps.gateway.services import set_price
from apps.workflows.models import Workflow
from tests.factories.runs import Start, carry
from tests.fakeai.chat import WORDS
from tests.fakeai.server import FakeProvider
from tests.gateway.budgets.spending import period_of, spend, tell, usd, workspace_budget
from tests.gateway.calling import complete, connect, lead
from tests.gateway.programs import Program, error_of, events_of, key_of, only_call, text_of
from tests.runs.interpreter.test_semantics import graph
from tests.workflows.definitions import edge, node

pytestmark = pytest.mark.django_db(transaction=True)
COST = usd("0.006")  # of one answer of the fake: 1000 tokens in, 200 out
SMALL: dict[str, Any] = {"max_tokens": 400}  # then a call may cost a cent at most


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    """A provider whose every model has a price."""
    made = connect(fake, alice)
    set_price(actor=alice, provider="fake", model="*", input_usd=usd(3), output_usd=usd(15))
    lead(alice, "ok", provider=made)
    return made


@pytest.fixture
def program(alice: User) -> Program:
    return Program(key_of(alice))


def ledger_total() -> Decimal:
    """Return what the ledger says that all calls cost."""
    assert journal.written().result(30)
    return Decimal(LlmCall.objects.all().totals()["cost_usd"])


def settled(budget: Budget) -> BudgetPeriod:
    """Return the period once nothing of it is held for a call that goes on."""
    tell()
    period = period_of(budget)
    assert period.held_usd <= budget.amount_usd / 100
    return period


@pytest.mark.parametrize("stream", [False, True])
def test_a_program_pays_what_the_ledger_says(
    alice: User, provider: Provider, program: Program, stream: bool
) -> None:
    budget = workspace_budget(alice, 10)
    for _ in range(3):
        assert program.chat(stream=stream).status == 200
    assert settled(budget).spent_usd == ledger_total() == 3 * COST


def test_a_step_pays_for_its_workflow_its_folder_and_whoever_started_it(
    alice: User, provider: Provider, start: Start
) -> None:
    run = start(graph(node("ai", "ai.generate", config={"prompt": "Hi"}), edge("start", "ai")))
    of = [("workflow", run.workflow_id), ("member", run.started_by_id)]
    made = [
        budgets.add_budget(actor=alice, scope=scope, subject=pk, every="day", amount_usd=usd(5))
        for scope, pk in of
    ]
    carry(run)
    assert run.status == "succeeded", run.error
    assert run.cost_usd == COST
    assert [settled(each).spent_usd for each in made] == [COST, COST]


def test_a_step_that_cannot_be_paid_for_fails_and_says_why(
    alice: User, provider: Provider, start: Start, fake: FakeProvider
) -> None:
    run = start(graph(node("ai", "ai.generate", config={"prompt": "Hi"}), edge("start", "ai")))
    workflow = Workflow.objects.get(pk=run.workflow_id)
    budgets.add_budget(
        actor=alice, scope="workflow", subject=workflow.pk, every="day", amount_usd=usd("0.01")
    )
    carry(run)
    assert run.status == "failed"
    error = run.error or {}
    assert error["code"] == "insufficient_quota"
    assert f"The daily budget of the workflow “{workflow.name}”" in error["message"]
    assert "It starts anew on" in error["message"]
    assert fake.asked == []


def test_a_refusal_names_the_budget_and_when_it_starts_anew(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    budget = workspace_budget(alice, "0.02")
    spend("0.02")
    reply = program.chat(**SMALL)
    error = error_of(reply)
    assert (reply.status, error["type"], error["code"]) == (429, *2 * ["insufficient_quota"])
    assert "The monthly budget of the workspace has too little left" in error["message"]
    assert "$0.00 of $0.0200 are spent and $0.0200 reserved for calls" in error["message"]
    period = period_of(budget)
    assert reply.headers["x-should-retry"] == "false"
    assert reply.headers["x-auterity-budget-resets"] == period.ends_at.isoformat()
    assert fake.asked == []
    assert only_call().error_code == "insufficient_quota"


def test_a_key_and_a_member_have_budgets_of_their_own(
    alice: User, provider: Provider, program: Program
) -> None:
    poor = ApiKey.objects.get()
    budgets.add_budget(
        actor=alice, scope="key", subject=poor.pk, every="day", amount_usd=usd("0.01")
    )
    other = Program(key_of(alice))
    assert (program.chat().status, other.chat().status) == (429, 200)
    budgets.add_budget(
        actor=alice, scope="member", subject=alice.pk, every="day", amount_usd=usd("0.01")
    )
    assert "of the member" in error_of(other.chat())["message"]


def test_whoever_leaves_pays_for_what_was_said(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    budget = workspace_budget(alice, 10)
    lead(alice, "stalls", provider=provider)
    program.leave("default", lambda heard: b"Hello" in heard)
    assert fake.left.wait(5)
    row = only_call()
    assert row.status == "cancelled"
    assert settled(budget).spent_usd == row.cost_usd
    assert row.cost_usd


def test_an_answer_that_breaks_off_is_paid_for_as_far_as_it_came(
    alice: User, provider: Provider, program: Program
) -> None:
    budget = workspace_budget(alice, 10)
    lead(alice, "cut", provider=provider)
    events = events_of(program.chat(stream=True))
    assert "error" in events[-1]
    assert settled(budget).spent_usd == ledger_total() > 0


def test_who_leaves_before_the_first_word_is_counted_by_a_guess(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    budget = workspace_budget(alice, 10)
    lead(alice, "slow-60000", provider=provider)
    program.abandon("default", fake.came)
    assert fake.left.wait(5)
    guess = settled(budget).spent_usd
    row = only_call()
    assert (row.status, row.cost_usd, row.tokens_estimated) == ("cancelled", guess, True)
    assert usd("0.0075") < guess < usd("0.008")  # its few words, and 500 tokens of an answer


def test_who_timed_out_is_paid_by_a_guess_that_the_call_shows(
    alice: User, provider: Provider, program: Program
) -> None:
    budget = workspace_budget(alice, 10)
    lead(alice, "error-408", "ok", provider=provider)
    assert program.chat(**SMALL).status == 200
    assert settled(budget).spent_usd == ledger_total() > 2 * COST
    assert only_call().tokens_estimated


@pytest.mark.parametrize(("amount", "asked"), [("0.01", 1), ("0.015", 2), ("0.025", 3)])
def test_a_further_attempt_is_not_made_when_it_cannot_be_paid(
    alice: User, provider: Provider, program: Program, fake: FakeProvider, amount: str, asked: int
) -> None:
    """Each that timed out is guessed at 0.6 cents, and as much is reserved for the next."""
    budget = workspace_budget(alice, amount)
    lead(alice, "error-408", "error-408:b", "ok", provider=provider)
    reply = program.chat(**SMALL)
    assert len(fake.asked) == asked
    assert reply.status == (200 if asked == 3 else 504)
    period = settled(budget)
    assert ledger_total() == period.spent_usd <= budget.amount_usd


def test_what_failed_without_reading_costs_nothing_and_the_next_is_paid(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    budget = workspace_budget(alice, 10)
    lead(alice, "error-503", "ok", provider=provider)
    assert program.chat().status == 200
    assert settled(budget).spent_usd == COST
    lead(alice, "error-500", provider=provider)
    assert program.chat().status == 503
    assert settled(budget).spent_usd == COST


def test_an_answer_without_a_limit_is_held_to_one_where_a_budget_stops(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    program.chat()
    budget = workspace_budget(alice, 10)
    budgets.change_rules(actor=alice, changes={"answer_tokens": 700})
    program.chat()
    program.chat(max_completion_tokens=40)
    budgets.update_budget(budget, actor=alice, changes={"stops": False})
    program.chat()
    limits = [
        (each.body.get("max_tokens"), each.body.get("max_completion_tokens")) for each in fake.asked
    ]
    assert limits == [(None, None), (700, None), (None, 40), (None, None)]


def test_each_of_several_answers_is_reserved_for(
    alice: User, provider: Provider, program: Program
) -> None:
    workspace_budget(alice, "0.02")
    assert program.chat(**SMALL).status == 200
    assert program.chat(**SMALL, n=3).status == 429


def test_an_unknown_price_is_refused_or_assumed(
    alice: User, fake: FakeProvider, program: Program
) -> None:
    lead(alice, "ok", provider=connect(fake, alice))
    assert program.chat().status == 200  # where no budget applies nobody asks
    budget = workspace_budget(alice, 10)
    reply = program.chat()
    error = error_of(reply)
    assert (reply.status, error["code"], error["param"]) == (400, "price_unknown", "model")
    assert "what ok costs is not known" in error["message"]
    assert len(fake.asked) == 1
    rules = {"unpriced": "assume", "assumed_input_usd": usd(1), "assumed_output_usd": usd(2)}
    budgets.change_rules(actor=alice, changes=rules)
    assert program.chat().status == 200
    assert settled(budget).spent_usd == usd("0.0014")


def test_a_target_without_a_price_gives_way_to_one_that_has_one(
    alice: User, fake: FakeProvider, program: Program
) -> None:
    set_price(actor=alice, provider="fake", model="reason", input_usd=usd(3), output_usd=usd(15))
    lead(alice, "ok", "reason", provider=connect(fake, alice))
    workspace_budget(alice, 10)
    assert program.chat().headers["x-auterity-model"] == "reason"


def test_embeddings_are_paid_for(alice: User, provider: Provider, program: Program) -> None:
    budget = workspace_budget(alice, 10)
    assert program.post("embeddings", {"model": "default", "input": "Hello"}).status == 200
    assert settled(budget).spent_usd == usd("0.000024")


def test_the_built_in_provider_goes_on_when_all_is_spent(alice: User, program: Program) -> None:
    budget = workspace_budget(alice, 1)
    spend("1")
    assert program.chat("fast").status == 200
    assert complete("fast").builtin
    assert settled(budget).spent_usd == 1


def test_what_was_said_is_the_same_with_and_without_a_budget(
    alice: User, provider: Provider, program: Program
) -> None:
    before = events_of(program.chat(stream=True))
    workspace_budget(alice, 10)
    after = events_of(program.chat(stream=True))
    assert after == before  # signs of life between the events come when they like
    assert text_of(after) == "".join(WORDS)


@pytest.mark.parametrize(("native", "limit"), [(False, "max_tokens"), (True, "max_output_tokens")])
def test_a_response_is_limited_reserved_for_and_paid(
    alice: User, program: Program, fake: FakeProvider, native: bool, limit: str
) -> None:
    capabilities = ["json_schema", "responses"] if native else ["json_schema"]
    made = connect(fake, alice, capabilities=capabilities)
    set_price(actor=alice, provider="fake", model="*", input_usd=usd(3), output_usd=usd(15))
    lead(alice, "ok", provider=made)
    budget = workspace_budget(alice, 10)
    assert program.post("responses", {"model": "default", "input": "Hi"}).status == 200
    assert fake.asked[0].body[limit] > 0
    assert settled(budget).spent_usd == ledger_total() == COST
    spend("9.99")
    reply = program.post("responses", {"model": "default", "input": "Hi"})
    assert (reply.status, error_of(reply)["code"]) == (429, "insufficient_quota")
    assert len(fake.asked) == 1


def test_a_limit_under_another_protocols_name_counts_for_nothing(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    workspace_budget(alice, 10)
    assert program.chat(max_output_tokens=1).status == 200
    assert fake.asked[0].body["max_tokens"] > 1


def test_a_message_is_reserved_for_and_paid(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    budget = workspace_budget(alice, 10)
    body = {"model": "default", "max_tokens": 400, "messages": [{"role": "user", "content": "Hi"}]}
    assert program.post("messages", body).status == 200
    assert settled(budget).spent_usd == ledger_total() == COST
    spend("9.99")
    reply = program.post("messages", {**body, "max_tokens": 4000})
    assert reply.status == 429
    assert "budget" in reply.json()["error"]["message"]
    assert len(fake.asked) == 1


def test_what_is_kept_is_given_though_a_budget_is_spent(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    set_cache(lead(alice, "ok", provider=provider), actor=alice, ttl_s=60)
    budget = workspace_budget(alice, 10)
    assert program.chat(temperature=0).headers["x-auterity-cache"] == "miss"
    assert settled(budget).spent_usd == COST
    spend("9.99")
    again = program.chat(temperature=0)
    assert (again.status, again.headers["x-auterity-cache"]) == (200, "hit")
    assert program.chat(temperature=0, seed=1).status == 429
    assert len(fake.asked) == 1
