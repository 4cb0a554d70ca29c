"""The report on access: it tells what the policies decide, to those who may know, and is kept in no shape that runs."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.access.holders import describe, everyone
from apps.accounts import policies
from apps.accounts.models import Folder, User
from apps.accounts.roles import PERMISSIONS
from apps.accounts.services import (
    add_to_group,
    create_api_key,
    create_folder,
    create_group,
    create_role,
    create_service_key,
    give_right,
    remove_member,
    set_active,
    set_group_role,
)
from apps.audit.models import AuditEntry
from apps.gateway.virtual_keys.services import create_key
from apps.identity import services as identity
from apps.identity.models import Connection, Link
from tests.factories.browsers import browser
from tests.factories.cast import api_client, key_client, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def deep(alice: User) -> Folder:
    """A folder in a folder."""
    outer = create_folder(name="Outer", actor=alice)
    return create_folder(name="Deep", parent=outer, actor=alice)


@pytest.fixture
def everybody(alice: User, bob: User, vera: User, deep: Folder) -> None:
    """Roles by all ways: in person, on folders, through groups, one's own, suspended, a program's."""
    create_role(label="Auditor", permissions=["audit.view", "member.view"], actor=alice)
    support = create_group(name="Support", role="operator", actor=alice)
    guests = create_group(name="Guests", role=None, actor=alice)
    give_right(deep, guests, role="builder", actor=alice)
    assert deep.parent is not None
    give_right(deep.parent, vera, role="admin", actor=alice)
    for person, group in ((vera, support), (member("Gus", "auditor"), guests), (bob, support)):
        add_to_group(group, person, actor=alice)
    set_active(member("Sue", "admin"), active=False, actor=alice)
    create_service_key(name="Export", role="viewer", actor=alice)
    set_group_role(support, role="operator", actor=alice)


def test_what_it_says_equals_what_the_policies_decide(everybody: None, deep: Folder) -> None:
    """Each permission at each place, for everybody: probed, and added up from the report."""
    assert deep.parent is not None
    places = ["", deep.parent.path, deep.path]
    holders = describe(list(everyone().with_roles().with_second_factor()))
    assert len(holders) == 6
    for holder in holders:
        actor = User.objects.get(pk=holder.user.pk)
        for path in places:
            probed = {each for each in PERMISSIONS if policies.holds(actor, each, path)}
            assert holder.allowed_at(path) == probed, (str(actor), path)
        for folder in (deep.parent, deep):
            may_view = "workflow.view" in holder.allowed_at(folder.path)
            assert may_view == policies.allows(actor, "view", folder)


def test_it_says_where_each_role_comes_from(everybody: None, alice: User, vera: User) -> None:
    told = {str(h.user): h for h in describe(list(everyone().with_roles().with_second_factor()))}
    assert {(h.role, h.place, h.through) for h in told["Vera"].roles} == {
        ("Viewer", "Workspace", "given here"),
        ("Operator", "Workspace", "group Support"),
        ("Admin", "Outer", "given here"),
    }
    okta = identity.create_connection(vendor="okta", name="Okta", actor=alice)
    identity.add_rule(okta, group="viewers", role="viewer", folder=None, actor=alice)
    Connection.objects.filter(pk=okta.pk).update(status=Connection.Status.ACTIVE)
    for person in (vera, alice):
        Link.objects.create(connection=okta, subject=str(person.pk), user=person)
    told = {str(h.user): h for h in describe(list(everyone().with_roles().with_second_factor()))}
    assert ("Viewer", "groups in Okta") in {(h.role, h.through) for h in told["Vera"].roles}
    assert told["Vera"].comes_through == "Okta"
    assert told["Alice"].roles[0].through == "given here"  # no provider gives owners


def test_keys_are_listed_with_their_last_use(alice: User, bob: User) -> None:
    _, text = create_api_key(name="Mine", role="viewer", user=bob, actor=bob, networks=["10.0.0.0/8"])  # fmt: skip
    create_key(actor=bob, name="Models")
    key_client(text).get("/api/v1/me/", REMOTE_ADDR="10.0.0.1")
    (holder,) = (h for h in describe(list(everyone().with_roles().with_second_factor())) if h.user == bob)  # fmt: skip
    mine, models = sorted(holder.openers, key=lambda opener: opener.name)
    assert (mine.kind, mine.networks, models.kind) == ("API key", ("10.0.0.0/8",), "key for models")
    assert mine.last_used_at is not None
    assert holder.last_seen_at == mine.last_used_at


def test_who_was_not_seen_for_90_days_is_dormant(alice: User) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=100), tick=False):
        old, _ = member("Old", "viewer"), member("Busy", "viewer")
        set_active(member("Away", "viewer"), active=False, actor=alice)
    User.objects.filter(name="Busy").update(last_login=timezone.now() - timedelta(days=89))
    listed = api_client(alice).get("/api/v1/access/", {"use": "dormant"}).json()["results"]
    assert [(each["name"], each["is_dormant"]) for each in listed] == [("Old", True)]
    page = browser(alice).get("/access/", {"use": "dormant"}).content.decode()
    assert old.email in page
    assert "busy@viewer.example" not in page


def test_it_asks_as_much_for_many_as_for_few(everybody: None, alice: User) -> None:
    page = browser(alice)
    page.get("/access/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        page.get("/access/")
    for number in range(12):
        create_api_key(name="k", role="viewer", user=member(f"P{number}", "viewer"), actor=alice)
    with CaptureQueriesContext(connection) as many:
        page.get("/access/")
    assert len(many) == len(few)


def test_filters_are_the_same_on_page_and_api(everybody: None, alice: User) -> None:
    client = api_client(alice)

    def names(**params: str) -> list[str]:
        return sorted(each["name"] for each in client.get("/api/v1/access/", params).json()["results"])  # fmt: skip

    assert names(kind="program") == ["Export"]
    assert names(state="suspended") == ["Sue"]
    assert names(role="builder") == ["Bob", "Gus"]
    assert names(q="ver") == ["Vera"]
    assert names(factor="on") == []
    assert client.get("/api/v1/access/", {"kind": "robot"}).status_code == 422
    assert browser(alice).get("/access/", {"use": "never"}).status_code == 422


def test_only_who_sees_the_trail_sees_it(everybody: None, bob: User, vera: User) -> None:
    for person in (bob, vera):  # Vera is an admin of one folder, and this is the workspace's
        assert browser(person).get("/access/").status_code == 403
        assert browser(person).post("/access/export/", {"format": "csv"}).status_code == 403
        assert api_client(person).get("/api/v1/access/").status_code == 403


def test_a_copy_is_written_down_and_holds_no_formula(alice: User) -> None:
    create_service_key(name="=cmd()", role="viewer", actor=alice)
    answer = browser(alice).post("/access/export/?kind=program", {"format": "csv"})
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    text = answer.content.decode()
    assert "'=cmd()" in text
    assert alice.email not in text
    entry = AuditEntry.objects.get(action="access.exported")
    assert entry.after == {"format": "csv", "holders": 1, "filters": {"kind": "program"}}
    assert browser(alice).post("/access/export/", {"format": "exe"}).status_code == 422


def test_a_copy_in_json_has_a_line_for_each_thing_held(everybody: None, alice: User) -> None:
    text = browser(alice).post("/access/export/", {"format": "jsonl"}).content.decode()
    lines = [json.loads(line) for line in text.splitlines()]
    export = [line for line in lines if line["name"] == "Export"]
    assert [line["what"] for line in export] == ["role", "API key"]
    assert not {"secret", "hash"} & set(lines[0])


def test_who_was_removed_holds_nothing(alice: User, bob: User) -> None:
    remove_member(bob, actor=alice)
    assert "Bob" not in browser(alice).get("/access/").content.decode()
