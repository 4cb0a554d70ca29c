"""Trying a draft with sealed values: the run works with them, and withholds them in its turn."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.runs.models import Run
from apps.runs.services import start_run
from apps.runs.state.parts import ALL, Part
from apps.runs.state.withholding import revealed
from apps.workflows import trying
from apps.workflows.models import DataSet, Workflow
from apps.workflows.services import create_workflow, update_workflow
from tests.classification.search import places_of
from tests.factories.runs import carry
from tests.runs.withholding.test_withholding import INPUTS, MAIL, marked, nowhere, transform

pytestmark = pytest.mark.django_db


@pytest.fixture
def workflow(bob: User) -> Workflow:
    make = {**transform("make", a="x"), "data_classes": {"output.who": "personal"}}
    body = {"to": "{{ input.email }}", "who": "{{ nodes.make.output.who }}"}
    return create_workflow(actor=bob, name="Letters", definition=marked(make, body=body))


@pytest.fixture
def case(workflow: Workflow, bob: User) -> DataSet:
    changes = {"name": "Case", "inputs": INPUTS}
    return trying.save_data_set(workflow, actor=bob, changes=changes)


def tried(workflow: Workflow, actor: User, inputs: Any, **pins: Any) -> Run:
    part = Part(ALL, "", pins)
    return carry(start_run(workflow, actor=actor, inputs=inputs, part=part, version="draft"))


def test_a_draft_runs_with_the_values(workflow: Workflow, case: DataSet, bob: User) -> None:
    pin = trying.pin_output(workflow, "make", actor=bob, output={"who": "Grace Marker"})
    run = tried(workflow, bob, case.inputs, make=pin.output)
    assert run.status == "succeeded", run.error
    assert revealed(run, run.outputs) == {"to": MAIL, "who": "Grace Marker"}
    nowhere()
    assert places_of("Grace Marker") == []


def test_a_mark_that_is_gone_shows_nothing(workflow: Workflow, case: DataSet, bob: User) -> None:
    """Else taking the mark away for a moment would show what somebody else sealed."""
    definition = marked(body="{{ input.email }}")
    for each in definition["nodes"][0]["config"]["fields"]:
        each.pop("data_class", None)
    update_workflow(workflow, actor=bob, revision=None, changes={"definition": definition})
    run = tried(Workflow.objects.get(pk=workflow.pk), bob, case.inputs)
    assert run.status == "succeeded", run.error
    assert revealed(run, run.outputs) == MAIL
    nowhere()


def test_for_others_and_other_versions_placeholders_are_words(
    workflow: Workflow, case: DataSet, bob: User, alice: User
) -> None:
    inputs = {"email": case.inputs["email"], "plain": "x"}
    other = create_workflow(actor=alice, name="Other", definition=marked(body="{{ input.email }}"))
    run = tried(other, alice, inputs)
    assert revealed(run, run.outputs) == case.inputs["email"]
