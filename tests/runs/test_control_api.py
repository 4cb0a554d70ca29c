"""The API by which runs are controlled: what it takes, what it answers, what it refuses."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.dispatch.models import Ticket
from apps.runs.models import Run
from apps.workflows.services import publish_workflow, update_workflow
from tests.factories.cast import api_client
from tests.factories.runs import Start, carry
from tests.runs.scenes import asking, failing, published, started
from tests.workflows.definitions import greeting

URL = "/api/v1/runs/"


@pytest.fixture
def client(oscar: User) -> APIClient:
    return api_client(oscar)


@pytest.fixture
def done(bob: User) -> Run:
    return carry(started(published(bob), bob))


@pytest.fixture
def unsure(start: Start) -> Run:
    run = start(greeting(), who="Ada")
    Ticket.objects.filter(pk=run.pk).update(strikes=3)
    return carry(run)


def post(client: APIClient, run: Run, verb: str, body: Any = None) -> Any:
    return client.post(f"{URL}{run.pk}/{verb}/", body or {})


def fields(answer: Any) -> set[str]:
    return {each["field"] for each in answer.json().get("errors", [])}


def test_a_part_is_run_again(client: APIClient, done: Run) -> None:
    answer = post(client, done, "rerun", {"mode": "only", "node": "greet"})
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["retry_of"], told["trigger"]) == (str(done.pk), "retry")
    assert told["part"] == {"mode": "only", "node": "greet", "pins": []}
    new = carry(Run.objects.get(pk=told["id"]))
    assert new.outputs == {"text": "Hello Ada"}
    nodes = client.get(f"{URL}{new.pk}/nodes/").json()["results"]
    assert [(each["node"], each["pinned"]) for each in nodes] == [
        ("start", False),
        ("greet", False),
    ]
    pinned = post(
        client, done, "rerun", {"mode": "until", "node": "reply", "pins": {"greet": {"text": "x"}}}
    )
    assert carry(Run.objects.get(pk=pinned.json()["id"])).outputs == "x"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"mode": "only"}, "node"),
        ({"mode": "sideways"}, "mode"),
        ({"mode": "from", "node": "nowhere"}, "node"),
        ({"mode": "from", "node": "greet", "pins": []}, "pins"),
        ({"mode": "from", "node": "greet", "pins": {"nowhere": 1}}, "pins"),
        ({"mode": "from", "node": "greet", "exits": {"greet": {}}}, "exits"),
        ({"mode": "all", "inputs": {"whom": "x"}}, "whom"),
    ],
)
def test_a_bad_part_names_the_field(client: APIClient, done: Run, body: Any, field: str) -> None:
    answer = post(client, done, "rerun", body)
    assert answer.status_code == 422, answer.content
    assert any(field in each for each in fields(answer)), answer.content


@pytest.mark.django_db(transaction=True)
def test_a_part_of_a_workflow_is_started(client: APIClient, bob: User) -> None:
    url = f"/api/v1/workflows/{published(bob).pk}/runs/"
    answer = client.post(url, {"inputs": {"who": "Ada"}, "until": "greet"})
    assert answer.status_code == 202, answer.content
    assert carry(Run.objects.get(pk=answer.json()["id"])).outputs == {"text": "Hello Ada"}
    alone = client.post(url, {"only": "reply", "pins": {"greet": {"text": "Hi"}}})
    assert carry(Run.objects.get(pk=alone.json()["id"])).outputs == "Hi"
    unknown = client.post(url, {"only": "reply"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "bad_part")
    both = client.post(url, {"inputs": {"who": "x"}, "until": "greet", "only": "greet"})
    assert (both.status_code, fields(both)) == (422, {"only"})
    draft = client.post(url, {"inputs": {"who": "x"}, "until": "greet", "version": "draft"})
    assert draft.status_code == 403  # an operator may run, and not edit


def test_a_run_that_asks_is_told_and_answered(client: APIClient, unsure: Run) -> None:
    told = client.get(f"{URL}{unsure.pk}/").json()
    assert told["attention"] == {"code": "poison", "node": None, "choices": ["again", "fail"]}
    wrong = post(client, unsure, "attention", {"choice": "happened"})
    assert (wrong.status_code, fields(wrong)) == (422, {"choice"})
    answer = post(client, unsure, "attention", {"choice": "again", "reason": "larger machine"})
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")
    assert answer.json()["attention"] is None
    again = post(client, unsure, "attention", {"choice": "again"})
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_settle")


def test_a_run_is_ended_at_once(client: APIClient, bob: User, vera: User) -> None:
    run = started(published(bob), bob)
    assert post(api_client(vera), run, "terminate").status_code == 403
    answer = post(client, run, "terminate")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert post(client, run, "terminate").json()["code"] == "run_finished"


@pytest.mark.parametrize("verb", ["rerun", "attention", "terminate", "move"])
def test_viewers_control_nothing(vera: User, done: Run, verb: str) -> None:
    body = {"choice": "again", "version": 2, "mode": "all"}
    assert post(api_client(vera), done, verb, body).status_code == 403


def test_a_move_is_looked_at_first(client: APIClient, bob: User) -> None:
    workflow = published(bob, asking())
    run = carry(started(workflow, bob))
    changed = {**asking(), "settings": {"timeout_s": 60}}
    update_workflow(workflow, actor=bob, revision=None, changes={"definition": changed})
    workflow.refresh_from_db()
    publish_workflow(workflow, actor=bob)
    looked = post(client, run, "move", {"version": 2, "dry_run": True}).json()
    assert (looked["moved"], looked["possible"], looked["from"], looked["to"]) == (
        False,
        True,
        1,
        2,
    )
    assert {each["meaning"] for each in looked["steps"]} == {"kept"}
    assert client.get(f"{URL}{run.pk}/").json()["version"]["number"] == 1
    assert post(client, run, "move", {"version": 2}).json()["moved"] is True
    assert client.get(f"{URL}{run.pk}/").json()["version"]["number"] == 2
    assert post(client, run, "move", {"version": 2}).json()["code"] == "not_movable"
    assert post(client, run, "move", {"version": 7}).status_code == 404


class TestMany:
    def test_each_is_told(self, client: APIClient, bob: User) -> None:
        failed = carry(started(published(bob, failing()), bob))
        body = {"action": "retry", "ids": [str(failed.pk), str(uuid7())]}
        results = client.post(f"{URL}bulk/", body).json()["results"]
        assert [each["ok"] for each in results] == [True, False]
        assert Run.objects.get(pk=results[0]["run"]).retry_of == failed
        assert results[1]["code"] == "not_found"

    def test_by_the_filters_of_the_list(self, client: APIClient, bob: User) -> None:
        run = started(published(bob), bob)
        body = {"action": "cancel", "filter": {"workflow": str(run.workflow_id)}}
        (result,) = client.post(f"{URL}bulk/", body).json()["results"]
        assert (result["id"], result["status"]) == (str(run.pk), "cancelled")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"action": "explode", "ids": []}, "action"),
            ({"action": "cancel"}, "ids"),
            ({"action": "cancel", "ids": [], "filter": {"status": "failed"}}, "ids"),
            ({"action": "cancel", "ids": ["x"]}, "ids"),
            ({"action": "cancel", "filter": {}}, "filter"),
            ({"action": "cancel", "filter": {"status": " "}}, "filter"),  # narrows nothing
            ({"action": "cancel", "filter": {"status": ","}}, "status"),
            ({"action": "cancel", "filter": {"statuss": "failed"}}, "filter"),
            ({"action": "cancel", "filter": {"status": ["failed"]}}, "filter"),
            ({"action": "cancel", "filter": {"status": "odd"}}, "status"),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, client: APIClient, bob: User, body: Any, field: str
    ) -> None:
        run = started(published(bob), bob)
        answer = client.post(f"{URL}bulk/", body)
        assert answer.status_code == 422, answer.content
        assert any(field in each for each in fields(answer)), answer.content
        assert Run.objects.get(pk=run.pk).status == "queued"

    def test_at_most_so_many(self, client: APIClient) -> None:
        ids = [f"0192f5b0-0000-7000-8000-{n:012d}" for n in range(501)]
        answer = client.post(f"{URL}bulk/", {"action": "cancel", "ids": ids})
        assert (answer.status_code, b"500" in answer.content) == (422, True)

    def test_viewers_steer_nothing(self, vera: User) -> None:
        body = {"action": "cancel", "ids": []}
        assert api_client(vera).post(f"{URL}bulk/", body).status_code == 403
