"""What a run was started with is what it goes on with, whatever is changed meanwhile (F21)."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.accounts.models import User
from apps.gateway import services as gateway
from apps.gateway.models import Provider
from apps.runs.models import Run, Wait
from apps.runs.services import decide, start_run
from apps.workflows.models import Workflow
from apps.workflows.services import (
    archive_workflow,
    create_workflow,
    delete_workflow,
    publish_workflow,
    update_workflow,
)
from tests.factories.runs import Start, carry, error_of, fire_timers
from tests.fakeai.server import FakeProvider
from tests.faults.auditor import audit
from tests.gateway.calling import connect, lead
from tests.runs.interpreter.test_semantics import graph, transform
from tests.runs.test_lifecycle import approval
from tests.workflows.definitions import edge, greeting, node

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("targets")]


def edited(workflow: Workflow, bob: User) -> None:
    update_workflow(workflow, actor=bob, revision=None, changes={"definition": greeting()})
    publish_workflow(workflow, actor=bob)


CHANGES: dict[str, Callable[[Workflow, User], object]] = {
    "edited and published": edited,
    "archived": lambda workflow, bob: archive_workflow(workflow, actor=bob),
    "thrown away": lambda workflow, bob: delete_workflow(workflow, actor=bob),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_goes_on_by_the_version_that_it_was_started_with(
    bob: User, oscar: User, change: str
) -> None:
    workflow = create_workflow(actor=bob, name="Refunds", definition=approval())
    publish_workflow(workflow, actor=bob)
    workflow.refresh_from_db()
    run = carry(start_run(workflow, actor=bob, inputs={"x": 1}))
    CHANGES[change](workflow, bob)
    decide(Wait.objects.get(run=run), actor=oscar, decision="approved", comment="as before")
    run = carry(run)
    assert (run.status, run.outputs) == ("succeeded", {"n": "as before"})
    assert audit(Run.objects.all(), expected=1) == []


@pytest.fixture
def provider(fake: FakeProvider, alice: User) -> Provider:
    made = connect(fake, alice)
    lead(alice, "ok", provider=made)
    return made


def asking() -> dict[str, Any]:
    """Ask a model, wait, ask it again."""

    def ask(name: str) -> dict[str, Any]:
        return node(name, "ai.generate", config={"prompt": "Say hello."})

    wait = node("w", "flow.wait", config={"seconds": 3600})
    return graph(
        ask("one"), wait, ask("two"), transform("b"), edge("start", "one"), edge("one", "w"),
        edge("w", "two"), edge("two", "b"),
    )  # fmt: skip


def test_a_key_that_is_taken_away_fails_the_step_that_needs_it(
    start: Start, fake: FakeProvider, provider: Provider
) -> None:
    run = carry(start(asking()))
    assert run.status == "waiting"
    credential = provider.credential
    assert credential
    credential.disable("revoked")
    fire_timers(run)
    run = carry(run)
    assert (run.status, error_of(run)["node"]) == ("failed", "two")
    assert error_of(run)["code"] != "internal"
    assert len(fake.asked) == 1
    assert audit(Run.objects.all(), expected=1) == []


def test_a_key_that_is_exchanged_is_used_from_then_on(
    start: Start, fake: FakeProvider, provider: Provider, alice: User
) -> None:
    run = carry(start(asking()))
    gateway.update_provider(provider, actor=alice, changes={"credential": "sk-another"})
    fire_timers(run)
    assert carry(run).status == "succeeded"
    sent = [asked.headers["Authorization"] for asked in fake.asked]
    assert sent[1] == "Bearer sk-another" != sent[0]
