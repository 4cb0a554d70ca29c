"""What Okta's provisioning sends, in the forms that it publishes, from the first test to the last leaver."""

from typing import Any

import pytest
from django.utils.http import urlencode

from apps.accounts.models import Group, User
from apps.audit.models import AuditEntry
from apps.directory.models import Directory
from apps.identity import services as identity
from apps.identity.models import Connection
from tests.directory.clients import GROUP, USER, ScimClient, refused

pytestmark = pytest.mark.django_db


def profile(**other: Any) -> dict[str, Any]:
    """Return a profile as Okta sends it with each change."""
    sent = {
        "schemas": [USER],
        "userName": "priya@halden.example",
        "name": {"givenName": "Priya", "familyName": "Raman"},
        "emails": [{"primary": True, "value": "priya@halden.example", "type": "work"}],
        "displayName": "Priya Raman",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    }
    return sent | other


def found(scim: ScimClient, user_name: str) -> Any:
    query = urlencode({"filter": f'userName eq "{user_name}"', "startIndex": "1", "count": "100"})
    return scim.get(f"/Users?{query}").json()


def test_the_connection_is_tested(scim: ScimClient) -> None:
    told = scim.get("/Users?startIndex=1&count=2").json()
    assert told["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
    assert (told["totalResults"], told["Resources"]) == (0, [])
    assert scim.get("/Groups?startIndex=1&count=100").json()["totalResults"] == 0
    assert scim.get("/ServiceProviderConfig").json()["patch"] == {"supported": True}


def test_a_person_joins_is_changed_leaves_and_comes_back(scim: ScimClient) -> None:
    assert found(scim, "priya@halden.example")["totalResults"] == 0
    made = scim("POST", "/Users", profile())
    assert made.status_code == 201
    person = made.json()
    assert made["Location"] == person["meta"]["location"]
    assert "password" not in person
    user = User.objects.get(email="priya@halden.example")
    assert (user.name, user.role and user.role.name) == ("Priya Raman", "viewer")
    assert not user.has_usable_password()
    assert found(scim, "PRIYA@halden.example")["Resources"][0]["id"] == person["id"]
    path = f"/Users/{person['id']}"
    named = profile(displayName="Priya Raman-Weber", title="Dispatcher")
    changed = scim("PUT", path, named | {"id": person["id"]}).json()
    assert (changed["displayName"], changed["title"]) == ("Priya Raman-Weber", "Dispatcher")
    left = scim.patch(path, {"op": "replace", "value": {"active": False}})
    assert (left.status_code, left.json()["active"]) == (200, False)
    user.refresh_from_db()
    assert (user.name, user.is_active) == ("Priya Raman-Weber", False)
    assert scim("PUT", path, profile(active=True)).json()["active"] is True
    user.refresh_from_db()
    assert user.is_active


def test_what_is_sent_again_changes_nothing(scim: ScimClient) -> None:
    person = scim("POST", "/Users", profile()).json()
    entries = AuditEntry.objects.count()
    again = scim("PUT", f"/Users/{person['id']}", profile())
    assert again.json() == person
    assert AuditEntry.objects.count() == entries
    assert refused(scim("POST", "/Users", profile()), 409, "uniqueness")
    assert AuditEntry.objects.count() == entries


def test_groups_are_pushed_and_bring_roles(
    scim: ScimClient, connection: Connection, alice: User
) -> None:
    identity.add_rule(connection, group="Builders", role="builder", folder=None, actor=alice)
    one, two = scim.add("one@halden.example"), scim.add("two@halden.example")
    first = User.objects.get(email="one@halden.example")
    made = scim("POST", "/Groups", {"schemas": [GROUP], "displayName": "Builders", "members": []})
    group = made.json()
    path = f"/Groups/{group['id']}"
    joined = scim.patch(path, {"op": "add", "path": "members", "value": [
        {"value": one["id"], "display": "one@halden.example"},
        {"value": two["id"], "display": "two@halden.example"},
    ]})  # fmt: skip
    assert {each["value"] for each in joined.json()["members"]} == {one["id"], two["id"]}
    assert role_of(first) == "builder"
    scim.patch(path, {"op": "remove", "path": f'members[value eq "{one["id"]}"]'})
    assert role_of(first) == "viewer"
    renamed = {"op": "replace", "value": {"id": group["id"], "displayName": "Makers"}}
    assert scim.patch(path, renamed).json()["displayName"] == "Makers"
    assert role_of(User.objects.get(email="two@halden.example")) == "viewer"
    whole = {"schemas": [GROUP], "id": group["id"], "displayName": "Makers", "members": [{"value": one["id"]}]}  # fmt: skip
    assert [each["value"] for each in scim("PUT", path, whole).json()["members"]] == [one["id"]]
    assert scim.get(f"/Users/{one['id']}").json()["groups"][0]["display"] == "Makers"
    replaced = {"op": "replace", "path": "members", "value": [{"value": two["id"]}]}
    assert [each["value"] for each in scim.patch(path, replaced).json()["members"]] == [two["id"]]
    assert scim("DELETE", path).status_code == 204
    assert not Group.objects.exists()


def test_who_leaves_a_group_as_it_gets_another_name_loses_what_it_brought(
    scim: ScimClient, connection: Connection, alice: User
) -> None:
    identity.add_rule(connection, group="Builders", role="builder", folder=None, actor=alice)
    leaver = scim.add("one@halden.example")
    path = f"/Groups/{scim.add_group('Builders', leaver['id'])['id']}"
    user = User.objects.get(email="one@halden.example")
    assert role_of(user) == "builder"
    scim("PUT", path, {"schemas": [GROUP], "displayName": "Makers", "members": []})
    assert role_of(user) == "viewer"


def test_lists_come_in_pieces(scim: ScimClient) -> None:
    for number in range(5):
        scim.add(f"person{number}@halden.example")
    first = scim.get("/Users?startIndex=1&count=2").json()
    last = scim.get("/Users?startIndex=5&count=2").json()
    assert (first["totalResults"], first["itemsPerPage"]) == (5, 2)
    assert [each["userName"] for each in last["Resources"]] == ["person4@halden.example"]
    sorted_down = scim.get("/Users?sortBy=userName&sortOrder=descending&count=1").json()
    assert sorted_down["Resources"][0]["userName"] == "person4@halden.example"


def test_each_change_is_in_the_trail_in_the_directorys_name(
    scim: ScimClient, directory: Directory
) -> None:
    person = scim("POST", "/Users", profile()).json()
    scim.patch(f"/Users/{person['id']}", {"op": "replace", "value": {"active": False}})
    scim("DELETE", f"/Users/{person['id']}")
    entries = AuditEntry.objects.filter(actor_type="directory").order_by("pk")
    actions = list(entries.values_list("action", flat=True))
    assert actions == [
        "member.added", "member.kept", "member.kept_otherwise", "member.suspended", "member.removed",
    ]  # fmt: skip
    assert {each.actor_label for each in entries} == {"Okta directory"}
    assert all(each.via.startswith("scim_") for each in entries)


def role_of(user: User) -> str | None:
    role = User.objects.get(pk=user.pk).role
    return role.name if role else None
