"""The API of the trail: search, filters, paging, one entry, the chain."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services import change_role
from apps.audit import chain
from apps.audit.models import AuditEntry, Link
from apps.audit.services import record
from apps.common.requests import RequestInfo, request_info
from apps.oversight import verifying
from apps.oversight.models import Verification
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.factories.cast import api_client

URL = "/api/v1/audit/"


@pytest.fixture
def client(alice: User) -> APIClient:
    return api_client(alice)


def found(client: APIClient, **params: str) -> list[str]:
    answer = client.get(f"{URL}entries/", params)
    assert answer.status_code == 200, answer.content
    return [entry["action"] for entry in answer.json()["results"]]


@pytest.fixture
def entries(alice: User, bob: User) -> list[AuditEntry]:
    """Three entries of other hands, kinds and addresses."""
    token = request_info.set(RequestInfo(id="req-7", ip="192.0.2.7"))
    made = [record("thing.made", actor=alice, target=bob, after={"colour": "canary-red"})]
    request_info.reset(token)
    made.append(record("thing.gone", actor=bob, target=alice, result=AuditEntry.Result.DENIED))
    made.append(record("other.made", actor=None))
    return made


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"action": "thing.*"}, ["thing.gone", "thing.made"]),
        ({"action": "thing.made"}, ["thing.made"]),
        ({"ip": "192.0.2.7"}, ["thing.made"]),
        ({"q": "192.0.2.7"}, ["thing.made"]),
        ({"request": "req-7"}, ["thing.made"]),
        ({"q": "req-7"}, ["thing.made"]),
        ({"result": "denied"}, ["thing.gone"]),
        ({"actor": "system", "action": "other.made"}, ["other.made"]),
        ({"q": "other.m"}, ["other.made"]),
        ({"q": "canary-red"}, []),  # values are seen in one entry only, and that is audited
        ({"since": "2099-01-01"}, []),
        ({"until": "2020-01-01"}, []),
    ],
)
def test_filters(
    client: APIClient, entries: list[AuditEntry], params: dict[str, str], expected: list[str]
) -> None:
    assert found(client, **params) == expected


def test_by_actor_and_object(
    client: APIClient, entries: list[AuditEntry], bob: User, alice: User
) -> None:
    assert found(client, actor=str(bob.pk), action="thing.*") == ["thing.gone"]
    assert found(client, object=str(bob.pk), action="thing.*") == ["thing.made"]
    assert "thing.gone" in found(client, object="user", q="Alice")


@pytest.mark.parametrize(
    "params", [{"ip": "here"}, {"result": "fine"}, {"since": "soon"}, {"q": "x" * 201}]
)
def test_what_makes_no_sense_is_named(client: APIClient, params: dict[str, str]) -> None:
    answer = client.get(f"{URL}entries/", params)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(params)


def test_pages_miss_nothing_while_entries_come(client: APIClient, alice: User) -> None:
    made = [str(record(f"thing.{n}", actor=None).pk) for n in range(5)]
    answer = client.get(f"{URL}entries/", {"page_size": "2", "action": "thing.*"}).json()
    seen = [entry["id"] for entry in answer["results"]]
    record("thing.late", actor=None)
    while answer["next"]:
        answer = client.get(answer["next"]).json()
        seen += [entry["id"] for entry in answer["results"]]
    assert seen == made[::-1]
    assert client.get(f"{URL}entries/?cursor=cD1ub3RoaW5n").status_code == 404


def test_lists_hold_no_values_and_one_entry_does(client: APIClient, alice: User, bob: User) -> None:
    change_role(bob, role="viewer", actor=alice)
    chain.link()
    [listed] = client.get(f"{URL}entries/", {"action": "member.role_changed"}).json()["results"]
    assert "before" not in listed
    assert (listed["summary"], listed["actor"]["label"]) == ("Changed the role of Bob", "Alice")
    told = client.get(f"{URL}entries/{listed['id']}/").json()
    assert (told["before"]["role"], told["after"]["role"]) == ("builder", "viewer")
    link = Link.objects.get(entry=listed["id"])
    before = Link.objects.get(number=link.number - 1)
    assert told["chain"] == {
        "number": link.number,
        "hash": link.hash,
        "before": before.hash,
        "signed": bool(link.signature),
    }


def test_looking_at_values_is_told_in_the_trail(
    client: APIClient, alice: User, entries: list[AuditEntry]
) -> None:
    client.get(f"{URL}entries/{entries[0].pk}/")
    client.get(f"{URL}entries/{entries[1].pk}/")  # holds none
    told = AuditEntry.objects.get(action="audit.viewed")
    assert (told.actor_id, told.target_id) == (str(alice.pk), str(entries[0].pk))


@pytest.mark.parametrize("pk", ["01900000-0000-7000-8000-000000000000", "x"])
def test_an_entry_that_is_not_there(client: APIClient, pk: str) -> None:
    assert client.get(f"{URL}entries/{pk}/").status_code == 404
    assert not AuditEntry.objects.filter(action="audit.viewed").exists()


def test_another_workspaces_entry_is_not_there(client: APIClient, beta: Tenant) -> None:
    with tenant_context(beta):
        foreign = record("thing.made", actor=None, after={"n": 1})
    assert client.get(f"{URL}entries/{foreign.pk}/").status_code == 404
    assert "thing.made" not in found(client)


def test_the_chain_and_its_verification(client: APIClient, alice: User) -> None:
    assert client.get(f"{URL}chain/").json() == {
        "checkpoint": None, "signature": None, "check": None,
    }  # fmt: skip
    chain.link()
    started = client.post(f"{URL}verifications/")
    assert (started.status_code, started.json()["status"]) == (202, "queued")
    assert client.post(f"{URL}verifications/").json()["code"] == "verification_running"
    job = Verification.objects.get()
    verifying.carry(job.pk)
    told: dict[str, Any] = client.get(f"{URL}verifications/{job.pk}/").json()
    assert (told["status"], told["wrong"], told["started_by"]) == ("done", "", "Alice")
    assert [each["id"] for each in client.get(f"{URL}verifications/").json()["results"]] == [
        str(job.pk)
    ]
    chain_told = client.get(f"{URL}chain/").json()
    assert chain_told["check"]["number"] == told["done"]
    assert chain_told["checkpoint"].startswith(f"{told['done']}:")


def test_others_are_refused(bob: User, entries: list[AuditEntry]) -> None:
    builder = api_client(bob)
    for path in ("entries/", f"entries/{entries[0].pk}/", "chain/", "verifications/"):
        assert builder.get(URL + path).status_code == 403, path
    assert builder.post(f"{URL}verifications/").status_code == 403
    assert APIClient(HTTP_HOST="alpha.localhost").get(f"{URL}entries/").status_code == 401
