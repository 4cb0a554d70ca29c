"""Marked values in pins and data sets: sealed beside them, and of use to who edits the draft."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.classification.placeholders import PLACEHOLDER
from apps.common.types import JSONDict
from apps.vault.services import shred
from apps.workflows import services, trying
from apps.workflows.models import DataSet, Pin, Workflow
from apps.workflows.sealed_trials import entries_of, opened
from tests.classification.search import places_of
from tests.factories.cast import api_client
from tests.runs.withholding.test_withholding import INPUTS, MAIL, NOTE, marked, transform

pytestmark = pytest.mark.django_db


@pytest.fixture
def workflow(bob: User) -> Workflow:
    make = {**transform("make", a="x"), "data_classes": {"output.who": "personal"}}
    return services.create_workflow(actor=bob, name="Letters", definition=marked(make))


@pytest.fixture
def client(bob: User) -> APIClient:
    return api_client(bob)


def url(workflow: Workflow, rest: str) -> str:
    return f"/api/v1/workflows/{workflow.pk}/{rest}"


def kept(client: APIClient, workflow: Workflow, **inputs: Any) -> JSONDict:
    body = {
        "name": "Case",
        "inputs": inputs,
        "compares": True,
        "expected": f"Hello {inputs.get('email')}",
    }
    answer = client.post(url(workflow, "data-sets/"), body, format="json")
    assert answer.status_code == 201, answer.content
    told: JSONDict = answer.json()
    return told


def test_a_data_set_keeps_placeholders(client: APIClient, workflow: Workflow) -> None:
    told = kept(client, workflow, **INPUTS)
    assert PLACEHOLDER.fullmatch(told["inputs"]["email"])
    assert PLACEHOLDER.fullmatch(told["inputs"]["smoker"])
    assert told["inputs"]["plain"] == "open-marker"
    assert told["expected"] == f"Hello {told['inputs']['email']}"
    assert MAIL not in client.get(url(workflow, "data-sets/")).content.decode()
    assert places_of(MAIL) == []
    assert places_of(NOTE) == []
    values = {entry.value for entry in entries_of(DataSet.objects.get())}
    assert {MAIL, NOTE, True} <= values


def test_what_was_sealed_stays_while_its_placeholder_stands(
    client: APIClient, workflow: Workflow, bob: User
) -> None:
    told = kept(client, workflow, **INPUTS)
    at = url(workflow, f"data-sets/{told['id']}/")
    inputs = {**told["inputs"], "note": "another-marker", "plain": "edited"}
    again = client.patch(at, {"inputs": inputs}, format="json").json()
    assert again["inputs"]["email"] == told["inputs"]["email"]
    assert PLACEHOLDER.fullmatch(again["inputs"]["note"])
    values = [entry.value for entry in entries_of(DataSet.objects.get())]
    assert MAIL in values
    assert NOTE not in values
    workflow_of = services.find_workflow(workflow.pk, actor=bob)
    services.update_workflow(
        workflow_of, actor=bob, revision=None, changes={"definition": unmarked()}
    )
    assert client.patch(at, {"name": "Renamed"}, format="json").status_code == 200
    assert places_of(MAIL) == []  # that the mark went brings nothing to light
    assert client.delete(at).status_code == 204


def unmarked() -> JSONDict:
    definition = marked(transform("make", a="x"))
    for each in definition["nodes"][0]["config"]["fields"]:
        each.pop("data_class", None)
    return definition


def test_a_value_that_is_called_like_a_column(client: APIClient, workflow: Workflow) -> None:
    told = kept(client, workflow, email="inputs", note="expected")
    assert told["expected"].startswith("Hello [personal:")
    assert told["inputs"].keys() == {"email", "note"}


def test_a_pin_keeps_placeholders(client: APIClient, workflow: Workflow) -> None:
    at = url(workflow, "pins/make/")
    told = client.put(at, {"output": {"who": MAIL, "n": [f"<{MAIL}>"]}}, format="json").json()
    assert PLACEHOLDER.fullmatch(told["output"]["who"])
    assert told["output"]["n"] == [f"<{told['output']['who']}>"]
    again = client.put(at, {"output": told["output"]}, format="json").json()
    assert again["output"] == told["output"]
    assert {each.value for each in entries_of(Pin.objects.get())} == {MAIL}
    assert places_of(MAIL) == []
    assert client.put(at, {"output": {"who": None}}, format="json").status_code == 200
    assert Pin.objects.get().sealed == ""


def test_placeholders_of_another_workflow_are_only_words(
    client: APIClient, workflow: Workflow, bob: User
) -> None:
    stolen = kept(client, workflow, **INPUTS)["inputs"]["email"]
    other = services.create_workflow(actor=bob, name="Other", definition=marked())
    assert opened(other, stolen, actor=bob) == (stolen, [])
    told = kept(client, other, plain=stolen, email=stolen)
    assert {entry.value for entry in entries_of(DataSet.objects.get(pk=told["id"]))} == {stolen}


def test_who_may_not_edit_opens_nothing(
    client: APIClient, workflow: Workflow, bob: User, oscar: User
) -> None:
    sealed = kept(client, workflow, **INPUTS)["inputs"]
    value, entries = opened(workflow, sealed, actor=bob)
    assert (value, len(entries)) == (INPUTS, 3)
    assert opened(workflow, sealed, actor=oscar) == (sealed, [])


def test_too_many_are_refused(client: APIClient, workflow: Workflow, monkeypatch: Any) -> None:
    monkeypatch.setattr("apps.classification.register.MOST", 1)
    monkeypatch.setattr("apps.classification.veil.MOST", 1)
    body = {"name": "Case", "inputs": {"email": MAIL, "note": NOTE, "smoker": True}}
    answer = client.post(url(workflow, "data-sets/"), body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_marked")
    assert not DataSet.objects.exists()


def test_without_its_key_a_placeholder_stays(
    client: APIClient, workflow: Workflow, bob: User
) -> None:
    sealed = kept(client, workflow, **INPUTS)["inputs"]
    shred()
    assert opened(workflow, sealed, actor=bob) == (sealed, [])


def test_nothing_marked_seals_nothing(bob: User) -> None:
    plain = services.create_workflow(actor=bob, name="Plain", definition=unmarked())
    trying.save_data_set(plain, actor=bob, changes={"name": "A", "inputs": {"plain": "x"}})
    trying.pin_output(plain, "make", actor=bob, output={"who": "x"})
    assert (DataSet.objects.get().sealed, Pin.objects.get().sealed) == ("", "")
