"""What Microsoft Entra ID's provisioning sends, in the forms that it publishes and those it really uses."""

from typing import Any

import pytest
from django.utils.http import urlencode

from apps.accounts.models import User
from tests.directory.clients import ENTERPRISE, GROUP, USER, ScimClient, refused

pytestmark = pytest.mark.django_db
OBJECT_ID = "58342554-38d6-4ec8-948c-50044d0a33fd"


def created(**other: Any) -> dict[str, Any]:
    """Return a person as Entra ID creates them."""
    sent = {
        "schemas": [USER, ENTERPRISE],
        "externalId": OBJECT_ID,
        "userName": "jonas.upn@halden.example",
        "active": True,
        "displayName": "Jonas Weber",
        "emails": [{"primary": True, "type": "work", "value": "jonas@halden.example"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Jonas Weber", "familyName": "Weber", "givenName": "Jonas"},
        "roles": [],
        "title": "Planner",
        "addresses": [{"type": "work", "locality": "Bremen"}],
        ENTERPRISE: {"department": "Rail", "employeeNumber": "701984", "manager": "26118915"},
    }
    return sent | other


@pytest.fixture
def jonas(scim: ScimClient) -> str:
    """A person's id."""
    answer = scim("POST", "/Users", created())
    assert answer.status_code == 201, answer.content
    made: str = answer.json()["id"]
    return made


def listed(scim: ScimClient, resource: str, **query: str) -> Any:
    return scim.get(f"/{resource}?{urlencode(query)}").json()


def test_it_asks_for_somebody_who_is_not_there(scim: ScimClient) -> None:
    told = listed(scim, "Users", filter='userName eq "8cbd0b2c-70d8-4d3b-a5d3-8b1f"')
    assert (told["totalResults"], told["startIndex"]) == (0, 1)


def test_the_address_is_the_primary_one_not_the_user_name(jonas: str) -> None:
    assert User.objects.get(name="Jonas Weber").email == "jonas@halden.example"


@pytest.mark.parametrize(
    "question",
    [
        f'externalId eq "{OBJECT_ID}"',
        'emails[type eq "work"].value eq "jonas@halden.example"',
        'emails[type eq "work" and value eq "jonas@halden.example"]',
        'emails.value sw "JONAS"',
        f'urn:ietf:params:scim:schemas:core:2.0:User:userName co "upn" and {ENTERPRISE}:department eq "rail"',
        'active eq true and not (displayName eq "Somebody") and (title pr or id eq "x")',
        'name.familyName eq "weber" and meta.created gt "2020-01-01T00:00:00Z"',
    ],
)
def test_people_are_searched(scim: ScimClient, jonas: str, question: str) -> None:
    assert [each["id"] for each in listed(scim, "Users", filter=question)["Resources"]] == [jonas]


def test_parts_are_asked_for(scim: ScimClient, jonas: str) -> None:
    told = scim.get(f"/Users/{jonas}?attributes=userName,name.familyName").json()
    assert set(told) == {"schemas", "id", "userName", "name"}
    assert told["name"] == {"familyName": "Weber"}
    rest = scim.get(f"/Users/{jonas}?excludedAttributes=name.formatted,emails,{ENTERPRISE}").json()
    assert "emails" not in rest
    assert ENTERPRISE not in rest
    assert "formatted" not in rest["name"]


@pytest.mark.parametrize("truth", [False, "False", "false"])
def test_somebody_is_disabled_with_a_truth_as_a_text(
    scim: ScimClient, jonas: str, truth: Any
) -> None:
    answer = scim.patch(f"/Users/{jonas}", {"op": "Replace", "path": "active", "value": truth})
    assert (answer.status_code, answer.json()["active"]) == (200, False)
    assert not User.objects.get(name="Jonas Weber").is_active


def test_attributes_are_changed_by_their_paths(scim: ScimClient, jonas: str) -> None:
    answer = scim.patch(
        f"/Users/{jonas}",
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "weber@halden.example"},
        {"op": "Replace", "path": "name.familyName", "value": "Weber-Lang"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Sea"},
        {"op": "Add", "path": f"{ENTERPRISE}:costCenter", "value": "4711"},
        {"op": "Replace", "path": "displayName", "value": [{"$ref": None, "value": "J. Weber"}]},
        {"op": "Remove", "path": "title"},
    )
    told = answer.json()
    assert told["emails"] == [{"value": "weber@halden.example", "type": "work", "primary": True}]
    assert (told["name"]["familyName"], told["name"]["givenName"]) == ("Weber-Lang", "Jonas")
    assert told[ENTERPRISE] == {"department": "Sea", "employeeNumber": "701984", "costCenter": "4711"}  # fmt: skip
    assert "title" not in told
    user = User.objects.get(email="weber@halden.example")
    assert user.name == "J. Weber"


def test_attributes_are_changed_by_one_value_without_a_path(scim: ScimClient, jonas: str) -> None:
    value = {
        "displayName": "Jonas W.",
        "name.givenName": "Jo",
        'emails[type eq "work"].value': "jo@halden.example",
        f"{ENTERPRISE}:division": "North",
        ENTERPRISE: {"organization": "Halden"},
        "addresses[type eq \"work\"].locality": "Hamburg",
    }  # fmt: skip
    told = scim.patch(f"/Users/{jonas}", {"op": "Replace", "value": value}).json()
    assert (told["displayName"], told["name"]["givenName"]) == ("Jonas W.", "Jo")
    assert told["emails"][0]["value"] == "jo@halden.example"
    assert told[ENTERPRISE]["division"] == "North"
    assert told[ENTERPRISE]["organization"] == "Halden"


def test_an_address_is_made_where_there_is_none_yet(scim: ScimClient) -> None:
    made = scim.add("no-mail@halden.example")
    operation = {"op": "Add", "path": 'emails[type eq "work"].value', "value": "mail@halden.example"}  # fmt: skip
    told = scim.patch(f"/Users/{made['id']}", operation).json()
    assert told["emails"] == [{"type": "work", "value": "mail@halden.example"}]
    assert User.objects.filter(email="mail@halden.example").exists()


def test_groups_are_kept_member_by_member(scim: ScimClient, jonas: str) -> None:
    body = {"schemas": [GROUP], "externalId": "8aa1a0c0", "displayName": "Rail", "meta": {"resourceType": "Group"}}  # fmt: skip
    group = scim("POST", "/Groups", body).json()
    path = f"/Groups/{group['id']}"
    other = scim.add("other@halden.example")["id"]
    for person in (jonas, other, jonas):
        answer = scim.patch(path, {"op": "Add", "path": "members", "value": [{"$ref": None, "value": person}]})  # fmt: skip
        assert answer.status_code == 200
    question = f'id eq "{group["id"]}" and members eq "{jonas}"'
    told = listed(scim, "Groups", excludedAttributes="members", filter=question)
    assert told["totalResults"] == 1
    assert "members" not in told["Resources"][0]
    removed = scim.patch(path, {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": jonas}]})  # fmt: skip
    assert [each["value"] for each in removed.json()["members"]] == [other]
    assert listed(scim, "Groups", filter=question)["totalResults"] == 0
    assert listed(scim, "Groups", filter='displayName eq "rail"')["totalResults"] == 1
    renamed = scim.patch(path, {"op": "Replace", "path": "displayName", "value": "Rail and sea"})
    assert renamed.json()["displayName"] == "Rail and sea"
    assert scim.patch(path, {"op": "Remove", "path": "members"}).json().get("members") == []


def test_somebody_is_deleted_and_gone(scim: ScimClient, jonas: str) -> None:
    assert scim("DELETE", f"/Users/{jonas}").status_code == 204
    assert refused(scim.get(f"/Users/{jonas}"), 404)
    assert refused(scim("DELETE", f"/Users/{jonas}"), 404)
    assert User.objects.get(name="Jonas Weber").removed_at is not None
    assert scim("POST", "/Users", created()).status_code == 201


def test_the_version_says_whether_somebody_was_faster(scim: ScimClient, jonas: str) -> None:
    answer = scim.get(f"/Users/{jonas}")
    known = answer["ETag"]
    assert answer.json()["meta"]["version"] == known
    assert scim.get(f"/Users/{jonas}", **{"If-None-Match": known}).status_code == 304
    change = {"op": "replace", "path": "title", "value": "Captain"}
    assert scim.patch(f"/Users/{jonas}", change, **{"If-Match": known}).status_code == 200
    assert scim.get(f"/Users/{jonas}", **{"If-None-Match": known}).status_code == 200
    late = {"op": "replace", "path": "title", "value": "Mate"}
    assert refused(scim.patch(f"/Users/{jonas}", late, **{"If-Match": known}), 412)
    assert scim.get(f"/Users/{jonas}").json()["title"] == "Captain"
