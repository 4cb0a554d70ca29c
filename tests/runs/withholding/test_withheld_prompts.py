"""Prompts of runs hold placeholders for withheld values, unless the route lets their class pass."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.classification.services import change_class, find_class
from apps.gateway import services as gateway
from apps.gateway.models import LlmCall, Provider
from apps.runs.models import Run
from apps.runs.state.withholding import revealed
from tests.classification.search import places_of
from tests.factories.runs import Start, carry
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import connect, lead
from tests.runs.withholding.test_withholding import INPUTS, MAIL, marked
from tests.workflows.definitions import node

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    return connect(fake, alice)


@pytest.fixture
def run(start: Start, provider: Provider, alice: User) -> Run:
    """A run that asks a model that repeats what it is told."""
    lead(alice, "echo", provider=provider)
    return start(asking(), **INPUTS)


def asking() -> dict[str, Any]:
    prompt = "Write to {{ input.email }}, about {{ input.plain }}"
    ask = node("ask", "ai.generate", config={"prompt": prompt, "route": "default"})
    return marked(ask, body="{{ nodes.ask.output.text }}")


def sent(fake: FakeProvider) -> str:
    return str(fake.asked[-1].body["messages"][-1]["content"])


def test_the_prompt_holds_a_placeholder_and_the_answer_the_value(
    run: Run, fake: FakeProvider
) -> None:
    run = carry(run)
    assert run.status == "succeeded", run.error
    assert sent(fake) == "Write to [PERSONAL_1], about open-marker"
    assert MAIL in revealed(run, run.outputs)
    assert LlmCall.objects.get().withheld == ["personal"]
    assert places_of(MAIL) == []


def test_a_prompt_is_looked_at_whatever_it_begins_with(
    start: Start, provider: Provider, alice: User, fake: FakeProvider
) -> None:
    lead(alice, "echo", provider=provider)
    prompt = "data:text/plain,Write to {{ input.email }}"
    ask = node("ask", "ai.generate", config={"prompt": prompt, "route": "default"})
    assert carry(start(marked(ask), **INPUTS)).status == "succeeded"
    assert sent(fake) == "data:text/plain,Write to [PERSONAL_1]"


def test_a_route_may_let_a_class_pass(
    start: Start, provider: Provider, alice: User, fake: FakeProvider
) -> None:
    route = lead(alice, "echo", provider=provider)
    policy = {"guards": {"data_classes": ["personal"]}}
    gateway.save_route(route, actor=alice, policy=policy)
    run = carry(start(asking(), **INPUTS))
    assert run.status == "succeeded", run.error
    assert MAIL in sent(fake)
    assert LlmCall.objects.get().withheld == []
    assert places_of(MAIL) == []


def test_a_class_may_be_read_by_every_model(run: Run, alice: User, fake: FakeProvider) -> None:
    personal = find_class("personal", actor=alice)
    change_class(personal, actor=alice, changes={"in_prompts": True})
    carry(run)
    assert MAIL in sent(fake)


def test_what_is_not_put_back_stays_out(run: Run, alice: User, fake: FakeProvider) -> None:
    personal = find_class("personal", actor=alice)
    change_class(personal, actor=alice, changes={"puts_back": False})
    run = carry(run)
    assert sent(fake) == "Write to [PERSONAL], about open-marker"
    assert MAIL not in str(revealed(run, run.outputs))


def test_short_values_count_as_words(
    start: Start, provider: Provider, alice: User, fake: FakeProvider
) -> None:
    lead(alice, "echo", provider=provider)
    definition = asking()
    definition["nodes"][1]["config"]["prompt"] = "Ward {{ input.note }} of 742"
    carry(start(definition, email=MAIL, note="42", plain="x"))
    assert sent(fake) == "Ward [HEALTH_1] of 742"


def test_a_run_that_withholds_nothing_passes_no_guard(
    start: Start, provider: Provider, alice: User, fake: FakeProvider
) -> None:
    lead(alice, "echo", provider=provider)
    carry(start(asking(), plain="x"))
    assert LlmCall.objects.get().withheld == []
