"""The API of credentials: values go in, words come out."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.credentials.models import StoredCredential
from apps.workflows.services import create_workflow
from tests.credentials.keeping import SECRET, VALUES, keep
from tests.factories.cast import api_client
from tests.factories.targets import Echo
from tests.workflows.definitions import edge, node

URL = "/api/v1/credentials/"


def new(kind: str = "bearer", **more: Any) -> dict[str, Any]:
    told = {"name": f"Stock {kind}", "kind": kind, "values": VALUES[kind]}
    return {**told, "hosts": ["api.example.com"], **more}


@pytest.mark.parametrize("kind", VALUES)
def test_it_is_kept_changed_rotated_and_forgotten_without_ever_being_shown(
    alice: User, kind: str
) -> None:
    client = api_client(alice)
    made = client.post(URL, new(kind), format="json")
    assert made.status_code == 201, made.content
    place = f"{URL}{made.json()['id']}/"
    answers = [
        made,
        client.get(place),
        client.get(URL),
        client.patch(place, {"description": "Of the shop"}, format="json"),
        client.post(f"{place}rotate/", {"values": VALUES[kind]}, format="json"),
        client.post(f"{place}disable/"),
        client.post(f"{place}enable/"),
        client.get(f"{place}uses/"),
    ]
    assert all(each.status_code in (200, 201) for each in answers)
    assert not any(SECRET in each.content.decode() for each in answers)
    shown = answers[4].json()
    assert (shown["description"], shown["enabled"], shown["may_use"]) == ("Of the shop", True, True)
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404


def test_what_is_wrong_is_said_at_its_field(alice: User) -> None:
    client = api_client(alice)
    for body, field in (
        (new(values={"token": "a b"}), "values.token"),
        (new(hosts=["*"]), "hosts"),
        (new(hosts=[]), "hosts"),
        (new(kind="bearer", values="text"), "values"),
        ({**new(), "kind": "oauth"}, "kind"),
        (new(name=" "), "name"),
    ):
        answer = client.post(URL, body, format="json")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
        assert SECRET not in answer.content.decode()
    assert not StoredCredential.objects.exists()


def test_calls_at_a_time_are_kept_changed_and_checked(alice: User, bob: User) -> None:
    client = api_client(alice)
    made = client.post(URL, new(max_calls=3), format="json")
    assert (made.status_code, made.json()["max_calls"]) == (201, 3)
    place = f"{URL}{made.json()['id']}/"
    for bad in (0, -1, 10_001, 1.5, "many", True):
        for answer in (
            client.post(URL, new("basic", max_calls=bad), format="json"),
            client.patch(place, {"max_calls": bad}, format="json"),
        ):
            assert answer.status_code == 422, bad
            assert answer.json()["errors"][0]["field"] == "max_calls"
    assert api_client(bob).patch(place, {"max_calls": 9}, format="json").status_code == 403
    assert client.get(place).json()["max_calls"] == 3
    assert client.patch(place, {"name": "Other"}, format="json").json()["max_calls"] == 3
    assert client.patch(place, {"max_calls": None}, format="json").json()["max_calls"] is None
    entry = AuditEntry.objects.filter(action="credential.changed").latest("at")
    told = [(each or {})["max_calls"] for each in (entry.before, entry.after)]
    assert told == [3, None]


def test_the_list_is_searched_and_filtered(alice: User, bob: User) -> None:
    for kind in ("bearer", "basic"):
        keep(alice, kind, hosts=[f"{kind}.example.com"])
    client = api_client(bob)

    def names(query: str) -> list[str]:
        return [each["name"] for each in client.get(f"{URL}?{query}").json()["results"]]

    assert names("q=basic.example") == names("kind=basic") == ["Stock basic"]
    assert names("state=unused") == ["Stock basic", "Stock bearer"]
    assert names("state=disabled") == []
    for query in ("kind=x", "state=x", "folder=x"):
        assert client.get(f"{URL}?{query}").status_code == 422


def test_who_builds_sees_and_tests_them_and_changes_none(
    alice: User, bob: User, vera: User
) -> None:
    place = f"{URL}{keep(alice).pk}/"
    client = api_client(bob)
    assert client.get(place).json()["may_manage"] is False
    assert client.post(URL, new("basic"), format="json").status_code == 403
    assert client.patch(place, {"name": "x"}, format="json").status_code == 403
    assert client.delete(place).status_code == 403
    assert client.get(f"{URL}kinds/").json()["results"][0]["name"] == "bearer"
    assert api_client(vera).get(URL).status_code == 403


def test_one_that_is_used_is_deleted_when_that_is_confirmed(alice: User, bob: User) -> None:
    made = keep(alice)
    call = node("call", "http.request", config={"url": "https://x", "credential": str(made.pk)})
    definition = {"nodes": [node("start", "core.start"), call], "edges": [edge("start", "call")]}
    workflow = create_workflow(actor=bob, name="Stock", definition=definition)
    client = api_client(alice)
    uses = client.get(f"{URL}{made.pk}/uses/").json()["results"]
    assert uses == [{"workflow": str(workflow.pk), "name": "Stock", "published": False}]
    refused = client.delete(f"{URL}{made.pk}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "credential_used")
    assert refused.json()["workflows"] == ["Stock"]
    assert client.delete(f"{URL}{made.pk}/?confirmed=true").status_code == 204


@pytest.mark.django_db(transaction=True)
def test_it_is_tried_on_an_address_that_it_is_for(alice: User, bob: User, echo: Echo) -> None:
    made = keep(alice, hosts=[echo.origin.removeprefix("http://")])
    client = api_client(bob)

    def tried(url: str, **more: str) -> dict[str, Any]:
        body = {"url": url, **more}
        answer = client.post(f"{URL}{made.pk}/test/", body, format="json")
        assert SECRET not in answer.content.decode()
        told: dict[str, Any] = answer.json()
        return told

    good = tried(f"{echo.origin}/")
    assert (good["ok"], good["status"]) == (True, 200)
    assert "127.0.0.1" in good["message"]
    assert SECRET in echo.heard[0]
    gone = tried(f"{echo.origin}/nowhere", method="HEAD")
    assert (gone["ok"], gone["status"]) == (False, 404)
    elsewhere = tried("https://evil.example/")
    assert (elsewhere["ok"], elsewhere["status"]) == (False, 0)
    assert "is not for evil.example" in elsewhere["message"]
    assert tried(f"{echo.origin}/", method="POST")["code"] == "invalid"
    api_client(alice).post(f"{URL}{made.pk}/disable/")
    assert tried(f"{echo.origin}/")["errors"][0]["field"] == "url"
    assert len(echo.heard) == 1


def test_a_refused_publication_names_step_and_field(alice: User, bob: User) -> None:
    made = keep(alice)
    call = node("call", "http.request", config={"url": "https://x", "credential": str(made.pk)})
    definition = {"nodes": [node("start", "core.start"), call], "edges": [edge("start", "call")]}
    workflow = create_workflow(actor=bob, name="Stock", definition=definition)
    api_client(alice).post(f"{URL}{made.pk}/disable/")
    answer = api_client(bob).post(f"/api/v1/workflows/{workflow.pk}/publish/", {}, format="json")
    assert answer.status_code == 422
    [entry] = answer.json()["errors"]
    assert (entry["code"], entry["node"], entry["field"]) == (
        "credential_disabled", "call", "credential",
    )  # fmt: skip
