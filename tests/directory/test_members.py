"""What a directory means for members: who is adopted, what leaving ends, whose word counts."""

from typing import Any

import pytest

from apps.accounts.exceptions import KeptByDirectory, RoleKept
from apps.accounts.models import Group, User
from apps.accounts.services import (
    change_role,
    create_api_key,
    invite_member,
    remove_from_group,
    remove_member,
    rename_group,
    set_active,
    set_group_role,
)
from apps.audit.models import AuditEntry
from apps.directory import services
from apps.directory.models import Directory, Person
from apps.identity import services as identity
from apps.identity.admission import admit, plan
from apps.identity.asserted import Asserted
from apps.identity.exceptions import NotActive
from apps.identity.models import Connection
from tests.directory.clients import ScimClient, refused
from tests.factories.browsers import browser
from tests.factories.cast import key_client, member
from tests.factories.triggers import carry_out_all, due, fire, now, trigger

pytestmark = pytest.mark.django_db


def of_halden(name: str, role: str) -> User:
    """Return a member whose address lies in the domain of the directory."""
    user = member(name, role)
    user.email = f"{name.lower()}@halden.example"
    user.save()
    return user


def leaves(scim: ScimClient, person: str, *, active: Any = False) -> None:
    operation = {"op": "replace", "path": "active", "value": active}
    assert scim.patch(f"/Users/{person}", operation).status_code == 200


def asserted(user: User, *groups: str) -> Asserted:
    return Asserted("subject", user.email, True, user.name, groups)


def test_a_member_is_adopted_with_what_they_have(scim: ScimClient) -> None:
    erin = of_halden("Erin", "builder")
    scim.add(erin.email, displayName="Erin Moss")
    erin = User.objects.get(pk=erin.pk)
    assert (erin.name, erin.role and erin.role.name) == ("Erin Moss", "builder")
    assert User.objects.filter(email=erin.email).count() == 1
    entry = AuditEntry.objects.get(action="member.kept")
    assert entry.after is not None
    assert entry.after["joined"] is False


@pytest.mark.parametrize("resumed", [True, False])
def test_who_is_suspended_here_after_the_directory_did_stays_so(
    scim: ScimClient, alice: User, resumed: bool
) -> None:
    person = scim.add("priya@halden.example")["id"]
    leaves(scim, person)
    priya = User.objects.get(email="priya@halden.example")
    if resumed:
        set_active(priya, active=True, actor=alice)
    set_active(priya, active=False, actor=alice)
    leaves(scim, person, active=True)
    assert not User.objects.get(pk=priya.pk).is_active


def test_who_was_suspended_here_stays_so(scim: ScimClient, alice: User) -> None:
    erin = of_halden("Erin", "builder")
    set_active(erin, active=False, actor=alice)
    person = scim.add(erin.email)["id"]
    leaves(scim, person)
    leaves(scim, person, active=True)
    erin.refresh_from_db()
    assert not erin.is_active


def test_who_was_removed_here_is_gone_and_comes_back_as_somebody_new(
    scim: ScimClient, alice: User
) -> None:
    person = scim.add("new@halden.example")["id"]
    first = User.objects.get(email="new@halden.example")
    remove_member(first, actor=alice)
    assert refused(scim.get(f"/Users/{person}"), 404)
    assert scim.get("/Users").json()["totalResults"] == 0
    assert scim.add("new@halden.example")["id"] != person
    assert User.objects.get(email="new@halden.example").pk != first.pk


def test_an_invited_person_joins(scim: ScimClient, alice: User) -> None:
    invite_member(email="new@halden.example", role="viewer", actor=alice, link="{token}")
    assert scim.add("new@halden.example")


def test_leaving_ends_sessions_and_keys_at_the_next_request(scim: ScimClient, alice: User) -> None:
    erin = of_halden("Erin", "builder")
    person = scim.add(erin.email)["id"]
    session = browser(erin)
    key = key_client(create_api_key(name="key", role="builder", user=erin, actor=erin)[1])
    assert session.get("/profile/").status_code == 200
    assert key.get("/api/v1/me/").status_code == 200
    leaves(scim, person)
    assert session.get("/profile/").status_code == 302
    assert key.get("/api/v1/me/").status_code == 401
    leaves(scim, person, active=True)
    assert session.get("/profile/").status_code == 302  # the sessions of before stay over
    assert key.get("/api/v1/me/").status_code == 200


def test_leaving_takes_schedules_their_right_to_run(scim: ScimClient) -> None:
    erin = of_halden("Erin", "builder")
    person = scim.add(erin.email)["id"]
    made = trigger(erin, "schedule", {"every_s": 3600})
    leaves(scim, person)
    due(made, now())
    fire(made)
    carry_out_all()
    delivery = made.deliveries.get()
    assert (delivery.outcome, delivery.run) == ("refused", None)


def test_at_a_sign_in_the_directorys_groups_count(
    scim: ScimClient, connection: Connection, alice: User
) -> None:
    for group, role in (("Builders", "builder"), ("Operators", "operator")):
        identity.add_rule(connection, group=group, role=role, folder=None, actor=alice)
    person = scim.add("erin@halden.example")["id"]
    erin = User.objects.get(email="erin@halden.example")
    assert roles(connection, erin, "Builders") == ["Builder"]  # it tells no groups yet
    group = scim.add_group("Operators", person)["id"]
    assert roles(connection, erin, "Builders") == ["Operator"]
    admit(connection, asserted(erin, "Builders"))
    assert User.objects.get(pk=erin.pk).role.name == "operator"
    scim("DELETE", f"/Groups/{group}")
    assert User.objects.get(pk=erin.pk).role.name == "viewer"


def roles(connection: Connection, user: User, *groups: str) -> list[str]:
    found = plan(connection, asserted(User.objects.get(pk=user.pk), *groups)).roles
    return [role.label for role in (found or {}).values()]


def test_entra_s_groups_are_known_by_their_object_ids_too(
    scim: ScimClient, connection: Connection, alice: User
) -> None:
    identity.add_rule(connection, group="8aa1a0c0", role="builder", folder=None, actor=alice)
    person = scim.add("erin@halden.example")["id"]
    body = {"displayName": "Makers", "externalId": "8aa1a0c0", "members": [{"value": person}]}
    assert scim("POST", "/Groups", body).status_code == 201
    assert User.objects.get(email="erin@halden.example").role.name == "builder"


def test_who_left_is_not_let_in(scim: ScimClient, connection: Connection) -> None:
    person = scim.add("erin@halden.example")["id"]
    leaves(scim, person)
    with pytest.raises(NotActive):
        plan(connection, asserted(User.objects.get(email="erin@halden.example")))


def test_without_a_role_for_everyone_people_join_and_may_nothing(
    scim: ScimClient, connection: Connection, alice: User
) -> None:
    identity.set_default_role(connection, "", actor=alice)
    scim.add("erin@halden.example")
    assert User.objects.get(email="erin@halden.example").permissions_in() == frozenset()


def test_groups_of_a_directory_are_changed_there(scim: ScimClient, alice: User) -> None:
    person = scim.add("erin@halden.example")["id"]
    scim.add_group("Rail", person)
    group, erin = Group.objects.get(name="Rail"), User.objects.get(email="erin@halden.example")
    with pytest.raises(KeptByDirectory):
        rename_group(group, name="Mine", actor=alice)
    with pytest.raises(KeptByDirectory):
        remove_from_group(group, erin, actor=alice)
    set_group_role(group, role="operator", actor=alice)
    assert "workflow.run" in User.objects.get(pk=erin.pk).permissions_in()


def test_what_a_directory_kept_is_the_workspaces_once_it_is_gone(
    scim: ScimClient, connection: Connection, alice: User
) -> None:
    person = scim.add("erin@halden.example")["id"]
    scim.add_group("Rail", person)
    identity.delete_connection(connection, actor=alice)
    assert not Person.objects.exists()
    assert User.objects.get(email="erin@halden.example").is_active
    rename_group(Group.objects.get(name="Rail"), name="Mine", actor=alice)


def test_a_directory_that_is_off_is_not_asked_at_sign_ins(
    scim: ScimClient, connection: Connection, alice: User
) -> None:
    identity.add_rule(connection, group="Builders", role="builder", folder=None, actor=alice)
    person = scim.add("erin@halden.example")["id"]
    scim.add_group("Rail", person)
    erin = User.objects.get(email="erin@halden.example")
    assert roles(connection, erin, "Builders") == ["Viewer"]
    services.switch(connection, on=False, actor=alice)
    assert roles(connection, erin, "Builders") == ["Builder"]
    assert not Directory.objects.get().is_on


def test_roles_that_follow_a_directorys_groups_are_locked_here(
    scim: ScimClient, connection: Connection, alice: User
) -> None:
    scim.add("erin@halden.example", displayName="Erin Moss")
    erin = User.objects.get(email="erin@halden.example")
    change_role(erin, role="builder", actor=alice)  # without rules, roles are given here
    identity.add_rule(connection, group="Rail", role="viewer", folder=None, actor=alice)
    with pytest.raises(RoleKept):
        change_role(erin, role="admin", actor=alice)
    page = browser(alice).get("/members/").content.decode()
    assert "Follows the groups in Okta" in page
    assert "1 person and 0 groups are kept there" in " ".join(page.split())
    change_role(erin, role="owner", actor=alice)  # owners are above directories
    change_role(User.objects.get(pk=erin.pk), role="viewer", actor=alice)


def test_a_directory_that_is_off_locks_nothing(
    scim: ScimClient, connection: Connection, alice: User
) -> None:
    scim.add("erin@halden.example")
    identity.add_rule(connection, group="Rail", role="viewer", folder=None, actor=alice)
    services.switch(connection, on=False, actor=alice)
    change_role(User.objects.get(email="erin@halden.example"), role="builder", actor=alice)
    assert "SCIM" not in browser(alice).get("/members/").content.decode()
