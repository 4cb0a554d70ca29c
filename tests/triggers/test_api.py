"""The API of triggers."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services import create_api_key
from apps.runs.models import Run
from apps.triggers.models import Trigger
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.factories.cast import api_client, key_client
from tests.factories.triggers import due, echo, fire, now, trigger
from tests.runs.scenes import published

URL = "/api/v1/triggers/"


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return published(bob, echo(), name="Echo")


@pytest.fixture
def client(bob: User) -> APIClient:
    return api_client(bob)


def body(workflow: Workflow, **rest: Any) -> dict[str, Any]:
    given = {"name": "Hook", "kind": "webhook", "workflow": str(workflow.pk), "config": {}}
    return {**given, **rest}


def test_a_webhook_from_its_making_to_its_end(client: APIClient, workflow: Workflow) -> None:
    config = {"auth": {"kind": "hmac", "header": "X-Signature"}}
    made = client.post(URL, body(workflow, config=config, path="orders"))
    assert made.status_code == 201
    told = made.json()
    assert told["secret"]
    assert told["url"] == "http://alpha.localhost/hooks/orders"
    assert told["test_url"] == "http://alpha.localhost/hooks/test/orders"
    assert (told["state"], told["has_secret"], told["next_at"]) == ("active", True, None)
    assert told["config"]["auth"]["header"] == "x-signature"
    one = f"{URL}{told['id']}/"
    read = client.get(one).json()
    assert "secret" not in read
    assert read == {name: value for name, value in told.items() if name != "secret"}
    changed = client.patch(one, {"config": {**read["config"], "wait_s": 7}}).json()
    assert (changed["config"]["wait_s"], changed["secret"]) == (7, "")
    assert client.post(f"{one}disable/").json()["state"] == "disabled"
    assert client.post(f"{one}enable/").json()["state"] == "active"
    assert client.post(f"{one}listen/").json()["test_until"]
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404


def test_a_repeated_making_shows_no_secret_again(client: APIClient, workflow: Workflow) -> None:
    sent = body(workflow, config={"auth": {"kind": "header"}})
    headers = {"HTTP_IDEMPOTENCY_KEY": "once"}
    assert client.post(URL, sent, **headers).status_code == 201  # type: ignore[arg-type]  # extra headers
    again = client.post(URL, sent, **headers)  # type: ignore[arg-type]  # extra headers
    assert (again.status_code, again.json()["code"]) == (409, "secret_shown_once")
    assert Trigger.objects.count() == 1


def test_the_list_and_its_filters(client: APIClient, bob: User, workflow: Workflow) -> None:
    trigger(bob, "schedule", {"every_s": 60}, workflow=workflow)
    hook = trigger(bob, "webhook", {}, workflow=workflow, path="orders", enabled=False)

    def names(query: str) -> list[str]:
        return [each["name"] for each in client.get(f"{URL}?{query}").json()["results"]]

    assert names("") == ["A webhook", "A schedule"]
    assert names("kind=schedule") == names("state=active") == ["A schedule"]
    assert names("state=disabled") == names("q=orders") == ["A webhook"]
    assert names("state=paused") == []
    Trigger.objects.filter(pk=hook.pk).update(paused_reason="why")
    assert names("state=paused") == ["A webhook"]
    assert len(names(f"workflow={workflow.pk}")) == 2
    for query in ("kind=x", "state=x", "workflow=x"):
        answer = client.get(f"{URL}?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, query[:-2])


def test_next_fire_times(client: APIClient, bob: User, workflow: Workflow) -> None:
    config = {"cron": "0 9 * * *", "time_zone": "Europe/Berlin"}
    schedule = trigger(bob, "schedule", config, workflow=workflow)
    found = client.get(f"{URL}{schedule.pk}/next/?count=3").json()
    assert found["description"] == "At 09:00 every day, in Europe/Berlin"
    assert len(found["results"]) == 3
    for count in ("0", "51", "x", "-1"):
        assert client.get(f"{URL}{schedule.pk}/next/?count={count}").status_code == 422
    hook = trigger(bob, "webhook", {}, workflow=workflow)
    assert client.get(f"{URL}{hook.pk}/next/").json()["code"] == "not_a_schedule"
    assert client.post(f"{URL}{schedule.pk}/listen/").json()["code"] == "not_a_webhook"


def test_deliveries_and_replay(client: APIClient, bob: User, workflow: Workflow) -> None:
    schedule = trigger(bob, "schedule", {"every_s": 60}, workflow=workflow)
    due(schedule, now())
    (delivery,) = fire(schedule)
    url = f"{URL}{schedule.pk}/deliveries/"
    (told,) = client.get(url).json()["results"]
    assert (told["outcome"], told["run"]) == ("started", str(delivery.run_id))
    assert told["payload"]["fire_at"]
    again = client.post(f"{url}{told['id']}/replay/")
    assert (again.status_code, again.json()["replay_of"]) == (201, told["id"])
    assert Run.objects.count() == 2
    assert client.get(f"{url}?outcome=refused").json()["results"] == []
    assert client.get(f"{url}?outcome=x").status_code == 422
    other = trigger(bob, "webhook", {}, workflow=workflow)
    assert client.post(f"{URL}{other.pk}/deliveries/{told['id']}/replay/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"config": {"surprise": 1}}, 422, "config.surprise"),
        ({"config": []}, 422, "config"),
        ({"kind": "moon"}, 422, "kind"),
        ({"path": "../x"}, 422, "path"),
        ({"config": {"auth": {"kind": "jwt"}}}, 422, "config.auth.audience"),
        (
            {"config": {"auth": {"kind": "jwt", "audience": "us"}}, "secret": "short"},
            422,
            "secret",
        ),
        ({"workflow": "0192f5b0-0000-7000-8000-000000000000"}, 422, "workflow"),
    ],
)
def test_what_is_wrong_is_named(
    client: APIClient, workflow: Workflow, changes: dict[str, Any], status: int, field: str
) -> None:
    answer = client.post(URL, {**body(workflow), **changes})
    assert answer.status_code == status
    assert field in {each["field"] for each in answer.json()["errors"]}


def test_an_unpublished_workflow_is_a_conflict(client: APIClient, bob: User) -> None:
    draft = create_workflow(actor=bob, name="Draft", definition=echo())
    answer = client.post(URL, body(draft))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_published")
    assert client.post(URL, body(draft, enabled=False)).status_code == 201


def test_a_key_does_no_more_than_its_role(bob: User, workflow: Workflow) -> None:
    _, text = create_api_key(user=bob, name="reads", role="viewer", actor=bob)
    client = key_client(text)
    assert client.get(URL).status_code == 200
    assert client.post(URL, body(workflow)).status_code == 403
    _, text = create_api_key(user=bob, name="runs", role="operator", actor=bob)
    assert key_client(text).post(URL, body(workflow)).status_code == 403
