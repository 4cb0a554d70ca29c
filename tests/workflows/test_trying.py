"""Pinned outputs and data sets: kept, bounded, told to the trail, and only for who may edit."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows import services, trying
from apps.workflows.models import Workflow
from tests.factories.cast import api_client
from tests.workflows.definitions import greeting


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return services.create_workflow(actor=bob, name="Greeting", definition=greeting())


@pytest.fixture
def client(bob: User) -> APIClient:
    return api_client(bob)


def url(workflow: Workflow, rest: str) -> str:
    return f"/api/v1/workflows/{workflow.pk}/{rest}"


def pins(client: APIClient, workflow: Workflow) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(url(workflow, "pins/")).json()["results"]
    return found


def test_a_pin_is_set_changed_and_taken_away(client: APIClient, workflow: Workflow) -> None:
    at = url(workflow, "pins/greet/")
    assert client.put(at, {"output": {"text": "Hi"}}).status_code == 200
    assert client.put(at, {"output": None, "port": "out"}).status_code == 200
    assert [(each["node"], each["output"], each["port"]) for each in pins(client, workflow)] == [
        ("greet", None, "out")
    ]
    assert client.delete(at).status_code == 204
    assert client.delete(at).status_code == 404
    assert pins(client, workflow) == []


def test_the_trail_names_the_step_and_never_the_output(
    client: APIClient, workflow: Workflow
) -> None:
    client.put(url(workflow, "pins/greet/"), {"output": {"text": "a secret of a customer"}})
    entry = AuditEntry.objects.get(action="workflow.pinned")
    assert (entry.target_id, entry.after) == (str(workflow.pk), {"node": "greet"})


def test_only_steps_of_the_draft_are_pinned(client: APIClient, workflow: Workflow) -> None:
    refused = client.put(url(workflow, "pins/nowhere/"), {"output": 1})
    assert refused.status_code == 404
    assert "nowhere" in refused.json()["detail"]
    assert client.put(url(workflow, "pins/greet/"), {}).status_code == 422


def test_what_is_too_large_is_refused_and_the_old_pin_stays(
    client: APIClient, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = url(workflow, "pins/greet/")
    client.put(at, {"output": "small"})
    refused = client.put(at, {"output": "x" * trying.MAX_VALUE})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_pin")
    assert pins(client, workflow)[0]["output"] == "small"
    monkeypatch.setattr(trying, "MAX_PINNED", 12)
    client.put(at, {"output": "y"})
    full = client.put(url(workflow, "pins/reply/"), {"output": "0123456789"})
    assert full.json()["errors"][0]["field"] == "output"


def test_a_data_set_is_made_changed_and_removed(client: APIClient, workflow: Workflow) -> None:
    at = url(workflow, "data-sets/")
    made = client.post(at, {"name": "Ada", "inputs": {"who": "Ada"}})
    assert (made.status_code, made.json()["compares"]) == (201, False)
    one = f"{at}{made.json()['id']}/"
    changed = client.patch(one, {"compares": True, "expected": "Hello Ada"})
    assert (changed.status_code, changed.json()["inputs"]) == (200, {"who": "Ada"})
    assert [each["expected"] for each in client.get(at).json()["results"]] == ["Hello Ada"]
    assert client.delete(one).status_code == 204
    assert client.patch(one, {"name": "x"}).status_code == 404


def test_names_are_unique_and_sets_are_bounded(
    client: APIClient, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = url(workflow, "data-sets/")
    assert client.post(at, {"name": "Ada"}).status_code == 201
    twice = client.post(at, {"name": "Ada"})
    assert (twice.status_code, twice.json()["errors"][0]["field"]) == (422, "name")
    assert client.post(at, {"name": "B", "inputs": [1]}).status_code == 422
    monkeypatch.setattr(trying, "MAX_SETS", 1)
    assert client.post(at, {"name": "B"}).json()["code"] == "bad_data_set"


def test_who_may_not_edit_neither_reads_nor_writes(
    oscar: User, vera: User, mallory: User, beta: Tenant, workflow: Workflow
) -> None:
    for rest, body in (("pins/greet/", {"output": 1}), ("data-sets/", {"name": "x"})):
        for user in (oscar, vera):
            own = api_client(user)
            send = own.put if rest.startswith("pins") else own.post
            assert send(url(workflow, rest), body).status_code == 403
            assert own.get(url(workflow, rest.replace("greet/", ""))).status_code == 403
    with tenant_context(beta):
        assert api_client(mallory, "beta").get(url(workflow, "pins/")).status_code == 404


def test_they_stay_out_of_exports_and_go_with_the_workflow(bob: User, workflow: Workflow) -> None:
    trying.pin_output(workflow, "greet", actor=bob, output="kept out")
    trying.save_data_set(workflow, actor=bob, changes={"name": "Ada", "inputs": {"who": "Ada"}})
    assert "kept out" not in str(services.export_workflow(workflow))
    services.delete_workflow(workflow, actor=bob)
    assert api_client(bob).get(url(workflow, "pins/")).status_code == 200
    assert api_client(bob).delete(url(workflow, "pins/greet/")).status_code == 409
