"""Who leaves hands over what they look after: triggers, questions, reviews, keys, rights, workflows."""

import pytest

from apps.accounts.models import RoleBinding, User
from apps.accounts.services import (
    create_folder,
    create_role,
    create_service_key,
    give_right,
    hand_over,
    preview,
    remove_member,
    set_active,
)
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, Invalid
from apps.directory import services as directories
from apps.directory.models import Directory
from apps.gateway.virtual_keys.services import create_key
from apps.identity import services as identity
from apps.notifications.models import Notification
from apps.reviews.exceptions import OwnWork
from apps.reviews.services import give_opinion, request_review, set_rule
from apps.runs.models import Wait
from apps.triggers.models import Trigger
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.directory.clients import client_of
from tests.factories.browsers import browser
from tests.factories.cast import api_client, member
from tests.factories.issuer import proved
from tests.factories.triggers import trigger
from tests.runs.approvals.test_approvals import asked
from tests.runs.scenes import published
from tests.workflows.definitions import greeting

pytestmark = pytest.mark.django_db


@pytest.fixture
def carol(alice: User) -> User:
    """Who takes over: as much a builder as Bob."""
    return member("Carol", "builder")


def schedule(actor: User) -> Trigger:
    return trigger(actor, "schedule", {"every_s": 3600})


def test_a_trigger_goes_on_in_the_heir_s_name(alice: User, bob: User, carol: User) -> None:
    made = schedule(bob)
    remove_member(bob, actor=alice, heir=carol)
    made.refresh_from_db()
    assert (made.run_as, made.enabled, made.paused_reason) == (carol, True, "")
    assert Workflow.objects.get(pk=made.workflow_id).created_by == carol
    entry = AuditEntry.objects.get(action="member.handed_over")
    assert entry.after == {"heir": "Carol", "triggers": 1, "workflows": 1}
    told = AuditEntry.objects.get(action="trigger.handed_over")
    assert (told.before, told.after) == ({"run_as": "Bob"}, {"run_as": "Carol"})


def test_what_the_heir_may_not_do_stays(alice: User, bob: User, vera: User) -> None:
    made = schedule(bob)
    (share,) = [each for each in preview(bob, vera, actor=alice) if each.name == "triggers"]
    assert share.things[0].stays == "Vera may not run “Echo”."
    set_active(bob, active=False, actor=alice, heir=vera)
    made.refresh_from_db()
    assert made.run_as == bob


def test_without_an_heir_nothing_changes_hands(alice: User, bob: User) -> None:
    made = schedule(bob)
    remove_member(bob, actor=alice)
    made.refresh_from_db()
    assert made.run_as == bob
    assert not AuditEntry.objects.filter(action__endswith="handed_over").exists()


def test_a_question_is_put_to_the_heir(alice: User, bob: User, oscar: User) -> None:
    olga = member("Olga", "operator")
    wait = asked(bob, assignees=[oscar.email])
    remove_member(oscar, actor=alice, heir=olga)
    wait.refresh_from_db()
    assert wait.assignees == [olga.email]
    assert wait.terms["stages"] == [[olga.email]]
    assert Notification.objects.filter(user=olga, kind="approval.asked").exists()
    assert Wait.objects.awaiting(olga).get() == wait


def test_a_question_of_later_in_a_sequence_too(alice: User, bob: User, oscar: User) -> None:
    olga = member("Olga", "operator")
    wait = asked(bob, assignees=[bob.email, oscar.email], order="sequence")
    set_active(oscar, active=False, actor=alice, heir=olga)
    wait.refresh_from_db()
    assert wait.assignees == [bob.email]
    assert wait.terms["stages"] == [[bob.email], [olga.email]]
    assert not Notification.objects.filter(user=olga).exists()


def test_a_review_stays_the_work_of_who_asked_and_of_the_heir(
    alice: User, bob: User, carol: User
) -> None:
    workflow = create_workflow(actor=bob, name="Refund", definition=greeting())
    set_rule(actor=alice, folder=None, approvals=1)
    review = request_review(workflow, actor=bob)
    set_active(bob, active=False, actor=alice, heir=carol)
    set_active(bob, active=True, actor=alice)
    review.refresh_from_db()
    assert review.requested_by == carol
    for person in (bob, carol):
        with pytest.raises(OwnWork):
            give_opinion(review, actor=User.objects.get(pk=person.pk), approves=True)


def test_keys_that_ask_workflows_run_as_the_heir(alice: User, bob: User, carol: User) -> None:
    adam = member("Adam", "admin")
    slug = published(bob, name="Echo").slug
    key, _ = create_key(actor=adam, name="Bot", for_program=True, routes=[f"workflow/{slug}"])
    remove_member(adam, actor=alice, heir=carol)
    key.virtual.refresh_from_db()
    assert key.virtual.vouched_by == carol


def test_keys_of_programs_name_somebody_who_may_manage_them(alice: User, carol: User) -> None:
    adam, anna = member("Adam", "admin"), member("Anna", "admin")
    key, _ = create_service_key(name="Export", role="viewer", actor=adam)
    (share,) = preview(adam, carol, actor=alice)
    assert share.things[0].stays == "Carol may not manage keys."
    remove_member(adam, actor=alice, heir=anna)
    key.refresh_from_db()
    assert key.created_by == anna


def test_a_right_on_a_folder_is_given_once_and_never_lost(
    alice: User, bob: User, carol: User
) -> None:
    first, second = (create_folder(name=name, actor=alice) for name in ("First", "Second"))
    for folder in (first, second):
        give_right(folder, bob, role="admin", actor=alice)
    give_right(second, carol, role="operator", actor=alice)
    given = hand_over(bob, carol, actor=alice)
    assert given == {"folder_rights": 1}
    held = RoleBinding.objects.filter(user=carol).exclude(folder=None)
    assert {(each.folder, each.role.name) for each in held} == {
        (first, "admin"),
        (second, "operator"),
    }


def test_nobody_gains_rights_by_an_heir(alice: User, bob: User, carol: User) -> None:
    """What runs in an owner's name would do what an administrator may not."""
    adam = member("Adam", "admin")
    made = schedule(bob)
    with pytest.raises(Forbidden, match="Alice may do more than you"):
        remove_member(bob, actor=adam, heir=alice)
    made.refresh_from_db()
    assert made.run_as == bob
    assert User.objects.get(pk=bob.pk).is_active
    remove_member(bob, actor=adam, heir=adam)  # oneself is always an heir


def test_an_heir_with_more_on_a_folder_is_more(alice: User, bob: User, carol: User) -> None:
    create_role(label="People", permissions=["member.view", "member.manage"], actor=alice)
    pia = member("Pia", "people")
    give_right(create_folder(name="Deep", actor=alice), vera := member("Vic", "viewer"), role="admin", actor=alice)  # fmt: skip
    with pytest.raises(Forbidden):
        preview(bob, vera, actor=pia)


def test_who_cannot_sign_in_is_no_heir(alice: User, bob: User, carol: User) -> None:
    service = create_service_key(name="Bot", role="builder", actor=alice)[0].user
    set_active(carol, active=False, actor=alice)
    for nobody in (User.objects.get(pk=carol.pk), bob, service):
        with pytest.raises(Invalid):
            remove_member(bob, actor=alice, heir=nobody)


def test_only_who_manages_members_looks_and_hands_over(bob: User, carol: User, vera: User) -> None:
    for call in (preview, hand_over):
        with pytest.raises(Forbidden):
            call(vera, carol, actor=bob)
    assert browser(bob).get(f"/members/{vera.pk}/remove/").status_code == 403
    assert api_client(bob).get(f"/api/v1/members/{vera.pk}/belongings/").status_code == 403


def test_the_page_shows_what_it_means_before_it_happens(
    alice: User, bob: User, carol: User
) -> None:
    made = schedule(bob)
    page = browser(alice)
    url = f"/members/{bob.pk}/remove/"
    empty = page.get(url).content.decode()
    assert "They pause at the next start" in empty
    assert "without handing over" in empty
    shown = page.get(url, {"heir": carol.email}).content.decode()
    assert "and hand 2 over" in shown
    assert page.get(url, {"heir": "nobody@x.example"}).status_code == 422
    done = page.post(url, {"heir": carol.email}, follow=True)
    assert "Carol looks after their things now." in done.content.decode()
    made.refresh_from_db()
    assert made.run_as == carol


def test_who_looks_after_nothing_just_leaves(alice: User, vera: User) -> None:
    page = browser(alice)
    assert "nothing to hand over" in page.get(f"/members/{vera.pk}/suspend/").content.decode()
    page.post(f"/members/{vera.pk}/suspend/")
    assert not User.objects.get(pk=vera.pk).is_active


def test_it_is_done_over_the_api(alice: User, bob: User, carol: User) -> None:
    made = schedule(bob)
    client = api_client(alice)
    url = f"/api/v1/members/{bob.pk}/"
    shares = client.get(f"{url}belongings/", {"heir": str(carol.pk)}).json()
    assert [share["name"] for share in shares] == ["triggers", "workflows"]
    assert shares[0]["things"] == [{"name": "A schedule", "stays": ""}]
    assert client.get(f"{url}belongings/", {"heir": "nobody"}).status_code == 422
    refused = client.patch(url, {"is_active": False, "heir": str(bob.pk)}, format="json")
    assert refused.status_code == 422
    assert User.objects.get(pk=bob.pk).is_active
    patched = client.patch(url, {"is_active": False, "heir": str(carol.pk)}, format="json")
    assert patched.status_code == 200, patched.content
    made.refresh_from_db()
    assert made.run_as == carol


def _directory(alice: User) -> Directory:
    """A directory that is on, whose people are builders."""
    connection = identity.create_connection(vendor="okta", name="Okta", actor=alice)
    identity.set_default_role(connection, "builder", actor=alice)
    proved(connection, alice, "halden.example")
    directories.set_cap(connection, "builder", actor=alice)
    directories.switch(connection, on=True, actor=alice)
    return Directory.objects.get()


def test_a_directory_hands_over_to_whom_an_owner_chose(alice: User, carol: User) -> None:
    directory = _directory(alice)
    scim = client_of(directory, alice)
    person = scim.add("dan@halden.example")
    dan = User.objects.get(email="dan@halden.example")
    directories.set_heir(directory.connection, carol, actor=alice)
    made = schedule(dan)
    left = scim.patch(f"/Users/{person['id']}", {"op": "replace", "path": "active", "value": False})
    assert left.status_code == 200, left.content
    made.refresh_from_db()
    assert made.run_as == carol
    entry = AuditEntry.objects.get(action="member.handed_over")
    assert (entry.actor_type, (entry.after or {})["heir"]) == ("directory", "Carol")


def test_a_directory_whose_heir_has_left_hands_nothing_over(alice: User, carol: User) -> None:
    directory = _directory(alice)
    scim = client_of(directory, alice)
    person = scim.add("dan@halden.example")
    made = schedule(User.objects.get(email="dan@halden.example"))
    directories.set_heir(directory.connection, carol, actor=alice)
    remove_member(carol, actor=alice)
    assert scim("DELETE", f"/Users/{person['id']}").status_code == 204
    made.refresh_from_db()
    assert made.run_as is not None
    assert made.run_as.email.endswith("@invalid")


def test_a_directory_gives_no_rights_on_folders(alice: User, carol: User) -> None:
    directory = _directory(alice)
    scim = client_of(directory, alice)
    person = scim.add("dan@halden.example")
    dan = User.objects.get(email="dan@halden.example")
    give_right(create_folder(name="Deep", actor=alice), dan, role="admin", actor=alice)
    directories.set_heir(directory.connection, carol, actor=alice)
    assert scim("DELETE", f"/Users/{person['id']}").status_code == 204
    assert not RoleBinding.objects.filter(user=carol).exclude(folder=None).exists()


def test_the_page_of_a_directory_takes_the_heir(alice: User, carol: User) -> None:
    directory = _directory(alice)
    page = browser(alice)
    base = f"/single-sign-on/{directory.connection_id}/directory/"
    assert page.post(f"{base}heir/", {"heir": "nobody@x.example"}).status_code == 422
    assert page.post(f"{base}heir/", {"heir": carol.email}).status_code == 302
    directory.refresh_from_db()
    assert directory.heir == carol
    assert carol.email in page.get(base).content.decode()
    page.post(f"{base}heir/", {"heir": ""})
    directory.refresh_from_db()
    assert directory.heir is None
