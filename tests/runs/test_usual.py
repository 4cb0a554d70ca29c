"""What a workflow usually takes: medians of the last runs, seen by who may see runs."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.runs import usual
from apps.runs.models import NodeRun, Run
from apps.runs.services import start_run
from apps.runs.state.parts import UNTIL, WHOLE, Part
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.factories.cast import api_client
from tests.factories.runs import carry
from tests.workflows.definitions import greeting


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return create_workflow(actor=bob, name="Greeting", definition=greeting())


def ran(workflow: Workflow, bob: User, seconds: int, cost: str, part: Part = WHOLE) -> Run:
    """Make a run that took so long and cost so much, all of it in the step greet."""
    inputs = {"who": "Ada"}
    run = carry(start_run(workflow, actor=bob, inputs=inputs, version="draft", part=part))
    began = timezone.now()
    ended = began + timedelta(seconds=seconds)
    Run.objects.filter(pk=run.pk).update(started_at=began, finished_at=ended, cost_usd=cost)
    greet = NodeRun.objects.filter(run=run, node="greet")
    greet.update(started_at=began, finished_at=ended, cost_usd=Decimal(cost))
    return run


def test_it_is_the_median_of_the_last_runs(workflow: Workflow, bob: User) -> None:
    for seconds, cost in ((1, "0.1"), (2, "0.2"), (60, "6")):
        ran(workflow, bob, seconds, cost)
    found = usual.usual_of(workflow, bob)
    assert (found["runs"], found["ms"], Decimal(found["cost_usd"])) == (3, 2000, Decimal("0.2"))
    greet = next(each for each in found["nodes"] if each["node"] == "greet")
    assert (greet["ms"], Decimal(greet["cost_usd"])) == (2000, Decimal("0.2"))


def test_old_runs_parts_and_pins_say_nothing(
    workflow: Workflow, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usual, "LAST", 1)
    ran(workflow, bob, 50, "5")
    ran(workflow, bob, 3, "0.3")
    ran(workflow, bob, 90, "9", Part(UNTIL, "greet"))
    assert usual.usual_of(workflow, bob)["ms"] == 3000
    pinned = Part(pins={"greet": {"text": "Hi"}})
    ran(workflow, bob, 70, "7", pinned)
    assert usual.usual_of(workflow, bob)["ms"] == 3000


def test_without_runs_nothing_is_claimed(workflow: Workflow, bob: User) -> None:
    answer = api_client(bob).get(f"/api/v1/workflows/{workflow.pk}/usual/")
    assert answer.json() == {"runs": 0, "ms": None, "cost_usd": None, "nodes": []}


def test_other_workspaces_have_no_such_workflow(
    workflow: Workflow, mallory: User, beta: Tenant
) -> None:
    with tenant_context(beta):
        client = api_client(mallory, "beta")
        assert client.get(f"/api/v1/workflows/{workflow.pk}/usual/").status_code == 404
