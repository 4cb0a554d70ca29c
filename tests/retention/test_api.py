"""Retention over HTTP: rules, holds and deletions, with their refusals."""

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.retention.carrying import carry
from apps.retention.models import RetentionJob
from apps.workflows.services import create_workflow
from tests.factories.cast import api_client
from tests.workflows.definitions import greeting

URL = "/api/v1/retention/"
REST = {
    "drafts": 60, "notices": 90, "audit": 400, "bodies": 30, "deliveries": 30, "campaigns": 2555, "packs": 400,
}  # fmt: skip


@pytest.fixture
def client(alice: User) -> APIClient:
    return api_client(alice)


def test_rules_are_read_and_changed(client: APIClient) -> None:
    told = {rule["name"]: rule for rule in client.get(URL).json()["rules"]}
    assert (told["audit"]["days"], told["audit"]["minimum_days"]) == (400, 90)
    answer = client.patch(URL, {"runs": 14, "history": None})
    days = {rule["name"]: rule["days"] for rule in answer.json()["rules"]}
    assert days == {"payloads": 30, "history": None, "runs": 14} | REST


@pytest.mark.parametrize("body", [{"audit": 1}, {"runs": 0}, {"runs": "soon"}, {"runs": 99_999}])
def test_what_does_not_fit_is_named(client: APIClient, body: dict[str, object]) -> None:
    answer = client.patch(URL, body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(body)


def test_a_hold_is_placed_and_released(client: APIClient, alice: User) -> None:
    workflow = create_workflow(actor=alice, name="Kept", definition=greeting())
    body = {"workflow": str(workflow.pk), "reason": "Case 4"}
    hold = client.post(f"{URL}holds/", body)
    assert (hold.status_code, hold.json()["label"]) == (201, "Kept")
    assert client.post(f"{URL}holds/", body).json()["code"] == "held_already"
    client.delete(f"/api/v1/workflows/{workflow.pk}/")
    purged = client.delete(f"/api/v1/workflows/{workflow.pk}/?purge=true")
    assert (purged.status_code, purged.json()["code"]) == (409, "on_hold")
    released = client.post(f"{URL}holds/{hold.json()['id']}/release/")
    assert released.json()["released_by"] == "Alice"
    assert len(client.get(f"{URL}holds/").json()["results"]) == 1


def test_a_hold_names_what_there_is(client: APIClient) -> None:
    answer = client.post(f"{URL}holds/", {"workflow": str(uuid7()), "reason": "x"})
    assert answer.status_code == 404
    assert client.post(f"{URL}holds/", {}).json()["errors"][0]["field"] == "reason"


def test_a_deletion_is_started_and_followed(client: APIClient) -> None:
    started = client.post(f"{URL}jobs/")
    assert started.status_code == 202
    assert client.post(f"{URL}jobs/").json()["code"] == "job_running"
    job = RetentionJob.objects.get()
    carry(job.pk)
    told = client.get(f"{URL}jobs/{job.pk}/").json()
    assert (told["status"], told["counts"], told["started_by"]) == ("done", {}, "Alice")
    assert [each["id"] for each in client.get(f"{URL}jobs/").json()["results"]] == [str(job.pk)]


def test_others_are_refused(bob: User, client: APIClient) -> None:
    builder = api_client(bob)
    for path in ("", "holds/", "jobs/"):
        assert builder.get(URL + path).status_code == 403, path
    assert builder.patch(URL, {"runs": 1}).status_code == 403
    assert builder.post(f"{URL}jobs/").status_code == 403
    assert APIClient(HTTP_HOST="alpha.localhost").get(URL).status_code == 401
