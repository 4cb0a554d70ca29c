"""What a directory may not do: give more than its cap, or touch owners and groups of others."""

import pytest

from apps.accounts.models import Group, User
from apps.accounts.services import add_to_group, create_group, set_group_role
from apps.directory.models import Person
from apps.identity import services as identity
from apps.identity.models import Connection
from tests.directory.clients import GROUP, USER, ScimClient, refused, state
from tests.factories.cast import member

pytestmark = pytest.mark.django_db
PEOPLE = "Users"


def test_a_group_brings_no_more_than_the_directory_may_give(
    scim: ScimClient, connection: Connection, alice: User, person: str, group: str
) -> None:
    identity.add_rule(connection, group="Admins", role="admin", folder=None, actor=alice)
    admins = scim.add_group("Admins")["id"]
    join = {"op": "add", "path": "members", "value": [{"value": person}]}
    assert scim.patch(f"/Groups/{group}", join).status_code == 200
    before = state()
    assert "at most Builder" in refused(scim.patch(f"/Groups/{admins}", join), 403)
    body = {"schemas": [GROUP], "displayName": "Admins", "members": [{"value": person}]}
    assert refused(scim("PUT", f"/Groups/{admins}", body), 403)
    assert state() == before
    scim("DELETE", f"/Groups/{admins}")
    before = state()
    rename = {"op": "replace", "path": "displayName", "value": "Admins"}
    assert refused(scim.patch(f"/Groups/{group}", rename), 403)
    other_name = {"op": "add", "path": "externalId", "value": "Admins"}
    assert refused(scim.patch(f"/Groups/{group}", other_name), 403)
    assert refused(scim("POST", "/Groups", body), 403)
    assert state() == before


def test_a_role_of_a_group_is_capped_too(
    scim: ScimClient, alice: User, person: str, group: str
) -> None:
    set_group_role(Group.objects.get(name="Rail"), role="admin", actor=alice)
    join = {"op": "add", "path": "members", "value": [{"value": person}]}
    assert refused(scim.patch(f"/Groups/{group}", join), 403)


def test_who_joins_gets_no_more_than_the_directory_may_give(
    scim: ScimClient, connection: Connection, alice: User
) -> None:
    identity.set_default_role(connection, "admin", actor=alice)
    body = {"schemas": [USER], "userName": "new@halden.example"}
    assert refused(scim("POST", "/Users", body), 403)
    assert not User.objects.filter(email="new@halden.example").exists()


def test_the_role_for_everyone_else_is_capped_in_groups_too(
    scim: ScimClient, connection: Connection, alice: User, person: str, group: str
) -> None:
    identity.add_rule(connection, group="Rail", role="viewer", folder=None, actor=alice)
    identity.set_default_role(connection, "admin", actor=alice)
    before = state()
    join = {"op": "add", "path": "members", "value": [{"value": person}]}
    assert "at most Builder" in refused(scim.patch(f"/Groups/{group}", join), 403)
    assert state() == before


@pytest.mark.parametrize("through", ["the person", "a group"])
def test_who_holds_more_than_it_gives_keeps_their_address(
    scim: ScimClient, alice: User, through: str
) -> None:
    adam = member("Adam", "viewer" if through == "a group" else "admin")
    User.objects.filter(pk=adam.pk).update(email="adam@halden.example")
    if through == "a group":
        admins = create_group(name="Chiefs", role="admin", actor=alice)
        add_to_group(admins, adam, actor=alice)
    kept = scim.add("adam@halden.example")["id"]
    before = state()
    mine = {"op": "replace", "path": "userName", "value": "mallory+1@halden.example"}
    assert "at most Builder" in refused(scim.patch(f"/Users/{kept}", mine), 403)
    assert state() == before
    scim.patch(f"/Users/{kept}", {"op": "replace", "path": "displayName", "value": "Adam B."})
    assert User.objects.get(pk=adam.pk).name == "Adam B."


def test_groups_made_here_are_not_taken_over(scim: ScimClient, alice: User) -> None:
    mine = create_group(name="Finance", role="admin", actor=alice)
    body = {"schemas": [GROUP], "displayName": "finance"}
    assert refused(scim("POST", "/Groups", body), 409, "uniqueness")
    assert refused(scim("DELETE", f"/Groups/{mine.pk}"), 404)


def owner_in_domain() -> User:
    user = member("Olga", "owner")
    user.email = "olga@halden.example"
    user.save()
    return user


def test_owners_are_above_it(scim: ScimClient, alice: User, connection: Connection) -> None:
    olga = owner_in_domain()
    identity.set_break_glass(olga, allowed=True, actor=alice)
    identity.add_rule(connection, group="Rail", role="viewer", folder=None, actor=alice)
    kept = scim.add(olga.email, displayName="Somebody else")["id"]
    before = User.objects.filter(pk=olga.pk).values().get()
    for operation in (
        {"op": "replace", "path": "active", "value": False},
        {"op": "replace", "path": "userName", "value": "other@halden.example"},
    ):
        assert "Owners" in refused(scim.patch(f"/Users/{kept}", operation), 403)
    assert refused(scim("DELETE", f"/Users/{kept}"), 403)
    scim.add_group("Rail", kept)
    assert User.objects.filter(pk=olga.pk).values().get() == before
    assert User.objects.get(pk=olga.pk).role.name == "owner"
    body = {"schemas": [USER], "userName": "olga2@halden.example", "active": False}
    assert scim("POST", "/Users", body).status_code == 201


def test_an_owner_is_not_even_kept_as_suspended(scim: ScimClient, alice: User) -> None:
    olga = owner_in_domain()
    body = {"schemas": [USER], "userName": olga.email, "active": False}
    assert refused(scim("POST", "/Users", body), 403)
    assert not Person.objects.exists()
