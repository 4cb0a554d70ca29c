"""The API of saved views: what it takes, what it answers, what it refuses."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.runs.models import SavedView
from apps.runs.services import save_view
from tests.factories.cast import api_client
from tests.factories.runs import carry
from tests.runs.scenes import failing, published, started

pytestmark = pytest.mark.django_db

URL = "/api/v1/runs/views/"
FAILED = {"status": "failed"}


@pytest.fixture
def client(vera: User) -> APIClient:
    return api_client(vera)


def told(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_view_is_made_read_changed_and_deleted(client: APIClient, vera: User) -> None:
    made = told(client.post(URL, {"name": "Broken", "filters": {**FAILED, "q": ""}}), 201)
    assert made == {
        "id": str(SavedView.objects.get().pk), "name": "Broken", "filters": FAILED,
        "is_shared": False, "owner": "Vera", "is_mine": True, "may_change": True,
        "created_at": made["created_at"], "updated_at": made["updated_at"],
    }  # fmt: skip
    url = f"{URL}{made['id']}/"
    assert told(client.get(url)) == made
    changed = told(client.patch(url, {"is_shared": True, "filters": {"status": "timed_out"}}))
    assert (changed["name"], changed["is_shared"]) == ("Broken", True)
    assert changed["filters"] == {"status": "timed_out"}
    assert [each["id"] for each in told(client.get(URL))["results"]] == [made["id"]]
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


def test_the_filters_of_a_view_are_parameters_of_the_list(client: APIClient, bob: User) -> None:
    run = carry(started(published(bob, failing(), name="Refunds"), bob))
    carry(started(published(bob), bob))
    made = told(client.post(URL, {"name": "x", "filters": {"q": "refund", "time": "hour"}}), 201)
    found = told(client.get("/api/v1/runs/", made["filters"]))["results"]
    assert [each["id"] for each in found] == [str(run.pk)]
    bad = told(client.get("/api/v1/runs/?time=year"), 422)
    assert bad["errors"][0]["field"] == "time"


def test_others_are_refused(client: APIClient, bob: User, alice: User) -> None:
    own = save_view(actor=bob, name="Bob alone", filters=FAILED)
    shared = save_view(actor=bob, name="By Bob", filters=FAILED, is_shared=True)
    (seen,) = told(client.get(URL))["results"]
    assert (seen["name"], seen["owner"], seen["is_mine"]) == ("By Bob", "Bob", False)
    assert seen["may_change"] is False
    for pk, status in ((own.pk, 404), (shared.pk, 403)):
        assert client.patch(f"{URL}{pk}/", {"name": "x"}).status_code == status
        assert client.delete(f"{URL}{pk}/").status_code == status
    assert SavedView.objects.count() == 2
    admin = api_client(alice)
    assert told(admin.get(f"{URL}{shared.pk}/"))["may_change"] is True
    assert admin.delete(f"{URL}{own.pk}/").status_code == 404
    assert admin.delete(f"{URL}{shared.pk}/").status_code == 204


def test_what_does_not_fit_is_said_at_its_field(client: APIClient, vera: User) -> None:
    save_view(actor=vera, name="Broken", filters=FAILED)

    def fields(**asked: Any) -> list[tuple[str, str]]:
        answer = told(client.post(URL, asked), 422)
        return [(each["field"], each["code"]) for each in answer["errors"]]

    assert fields(name="broken", filters=FAILED) == [("name", "view_name_taken")]
    assert fields(name="x", filters={}) == [("filters", "invalid")]
    assert fields(name="x", filters={"page": "1"}) == [("filters.page", "unknown")]
    assert fields(name="x", filters={"status": "broken"}) == [("filters.status", "invalid")]
    assert fields(filters=FAILED) == [("name", "required")]
