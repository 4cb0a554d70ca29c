"""Asking people: the API and the inbox, who may answer, and who is first."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import RoleBinding, User
from apps.accounts.services import (
    add_to_group,
    create_api_key,
    create_folder,
    create_group,
    remove_from_group,
    role_named,
)
from apps.runs import services
from apps.runs.approvals.asking import people
from apps.runs.models import Run, Wait
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.factories.browsers import browser
from tests.factories.cast import api_client, key_client
from tests.factories.runs import carry
from tests.runs.scenes import asking, published, started

URL = "/api/v1/approvals/"
ACTIONS = [
    {"id": "approved", "label": "Approve refund", "style": "primary", "approves": True},
    {"id": "rejected", "label": "Reject", "style": "danger"},
]


def asked(actor: User, **config: Any) -> Wait:
    """Run a workflow to where it asks."""
    workflow = published(actor, asking(actions=ACTIONS, **config), name="Refunds")
    run = carry(started(workflow, actor))
    assert run.status == "waiting"
    return Wait.objects.get(run=run)


@pytest.fixture
def wait(bob: User) -> Wait:
    return asked(bob)


def test_the_question_is_told(oscar: User, wait: Wait) -> None:
    (told,) = api_client(oscar).get(URL).json()["results"]
    assert (told["id"], told["run"], told["node"]) == (str(wait.pk), str(wait.run_id), "ask")
    assert (told["title"], told["body"]) == ("Refund Ada?", "Order 7")
    assert told["workflow"]["name"] == "Refunds"
    assert told["actions"] == [
        {"id": "approved", "label": "Approve refund", "approves": True, "require_reason": False},
        {"id": "rejected", "label": "Reject", "approves": False, "require_reason": False},
    ]
    assert (told["status"], told["decision"], told["decided_by"]) == ("open", "", None)


def test_an_answer_carries_the_run_on(oscar: User, wait: Wait) -> None:
    client = api_client(oscar)
    body = {"decision": "approved", "comment": "Photos seen"}
    answer = client.post(f"{URL}{wait.pk}/decide/", body)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["status"], answer.json()["decided_by"]) == ("decided", "Oscar")
    run = carry(wait.run)
    assert (run.status, run.outputs) == ("succeeded", "paid")
    assert client.get(URL).json()["results"] == []
    assert len(client.get(URL, {"status": "decided"}).json()["results"]) == 1
    assert len(client.get(URL, {"status": "all"}).json()["results"]) == 1
    bad = client.get(URL, {"status": "late"})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "status")


def test_the_second_answer_comes_too_late(oscar: User, bob: User, wait: Wait) -> None:
    path = f"{URL}{wait.pk}/decide/"
    assert api_client(oscar).post(path, {"decision": "approved"}).status_code == 200
    late = api_client(bob).post(path, {"decision": "rejected"})
    assert (late.status_code, late.json()["code"]) == (409, "already_decided")
    wait.refresh_from_db()
    assert (wait.decision, wait.decided_by) == ("approved", oscar)


def test_a_repeat_with_the_same_key_is_no_second_answer(oscar: User, wait: Wait) -> None:
    path, headers = f"{URL}{wait.pk}/decide/", {"Idempotency-Key": "one"}
    first, again = (
        api_client(oscar).post(path, {"decision": "approved"}, headers=headers) for _ in range(2)
    )
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "decision"),
        ({"decision": "perhaps"}, "decision"),
        ({"decision": 5}, "decision"),
        ({"decision": "approved", "comment": " "}, "comment"),
        ({"decision": "approved", "comment": "x" * 10_001}, "comment"),
        ({"decision": "approved", "comment": "x", "form": []}, "form"),
    ],
)
def test_bad_answers_name_the_field(
    oscar: User, bob: User, body: dict[str, Any], field: str
) -> None:
    wait = asked(bob, require_reason=True)
    answer = api_client(oscar).post(f"{URL}{wait.pk}/decide/", body)
    assert answer.status_code == 422, answer.content
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    wait.refresh_from_db()
    assert wait.status == "open"


def test_viewers_look_and_others_are_not_asked(
    vera: User, oscar: User, bob: User, wait: Wait
) -> None:
    path = f"{URL}{wait.pk}/decide/"
    assert api_client(vera).get(URL).json()["results"]
    assert api_client(vera).post(path, {"decision": "approved"}).status_code == 403
    Wait.objects.filter(pk=wait.pk).update(assignees=[bob.email])
    refused = api_client(oscar).post(path, {"decision": "approved"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_assigned")
    assert api_client(bob).post(path, {"decision": "approved"}).status_code == 200


def test_a_foreign_question_is_not_there(mallory: User, wait: Wait, beta: Tenant) -> None:
    with tenant_context(beta):
        client = api_client(mallory, "beta")
    assert client.get(URL).json()["results"] == []
    assert client.get(f"{URL}{wait.pk}/").status_code == 404
    assert client.post(f"{URL}{wait.pk}/decide/", {"decision": "approved"}).status_code == 404
    assert client.get(f"/approvals/{wait.pk}/").status_code == 404
    assert client.post(f"/approvals/{wait.pk}/decide/").status_code == 404


# The inbox


def test_the_inbox_shows_the_first_question(oscar: User, wait: Wait) -> None:
    page = browser(oscar).get("/approvals/")
    text = page.content.decode()
    assert page.context["wait"] == wait
    assert "Refund Ada?" in text
    assert "Order 7" in text
    assert page.context["next_steps"] == [("Approve refund", ["Pay"]), ("Reject", ["Refuse"])]
    assert browser(oscar).get("/approvals/?q=nobody").context["wait"] is None
    assert browser(oscar).get("/approvals/?status=nonsense").status_code == 200


def test_an_empty_inbox_says_how_to_fill_it(vera: User) -> None:
    assert "Add an Approval step" in browser(vera).get("/approvals/").content.decode()


def test_what_is_due_within_a_day_is_warned_of(oscar: User, wait: Wait) -> None:
    Wait.objects.filter(pk=wait.pk).update(expires_at=timezone.now() + timedelta(days=3))
    assert "warn-text" not in browser(oscar).get("/approvals/").content.decode()
    Wait.objects.filter(pk=wait.pk).update(expires_at=timezone.now() + timedelta(hours=3))
    assert "warn-text strong" in browser(oscar).get("/approvals/").content.decode()


def test_deciding_on_the_page(oscar: User, wait: Wait) -> None:
    client = browser(oscar)
    answer = client.post(f"/approvals/{wait.pk}/decide/", {"decision": "rejected", "comment": ""})
    assert answer["Location"] == "/approvals/"
    run = carry(wait.run)
    assert run.outputs == "refused"
    page = client.get(f"/approvals/{wait.pk}/").content.decode()
    assert "What was decided" in page
    assert 'name="decision"' not in page


def test_what_the_page_refuses_is_said_on_it(oscar: User, bob: User) -> None:
    wait = asked(bob, require_reason=True)
    path = f"/approvals/{wait.pk}/decide/"
    client = browser(oscar)
    missing = client.post(path, {"decision": "approved"})
    assert (missing.status_code, "Say why" in missing.content.decode()) == (422, True)
    assert client.post(path, {"decision": "x", "comment": "y"}).status_code == 422
    services.decide(wait, actor=bob, decision="approved", comment="y")
    late = client.post(path, {"decision": "rejected", "comment": "z"})
    assert (late.status_code, "has decided this already" in late.content.decode()) == (409, True)


def test_who_may_not_decide_sees_no_buttons(vera: User, wait: Wait, oscar: User) -> None:
    page = browser(vera).get(f"/approvals/{wait.pk}/")
    assert b'name="decision"' not in page.content
    assert browser(vera).post(f"/approvals/{wait.pk}/decide/").status_code == 403
    Wait.objects.filter(pk=wait.pk).update(assignees=["somebody@else.example"])
    assert b"assigned to other people" in browser(oscar).get(f"/approvals/{wait.pk}/").content
    stranger = Client(HTTP_HOST="alpha.localhost").get("/approvals/")
    assert stranger["Location"].startswith("/accounts/login/")


def test_questions_of_a_cancelled_run_are_closed(oscar: User, wait: Wait) -> None:
    run = Run.objects.get(pk=wait.run_id)
    services.cancel_run(run, actor=oscar)
    assert api_client(oscar).get(URL).json()["results"] == []
    assert b"The run ended before" in browser(oscar).get(f"/approvals/{wait.pk}/").content


def test_a_role_on_another_folder_is_not_asked_here(alice: User, oscar: User, wait: Wait) -> None:
    Wait.objects.filter(pk=wait.pk).update(assignees=["admin"])
    elsewhere = create_folder(name="Sales", actor=alice)
    RoleBinding.objects.create(user=oscar, folder=elsewhere, role=role_named("admin"))
    client, body = api_client(oscar), {"decision": "approved"}
    assert client.post(f"{URL}{wait.pk}/decide/", body).json()["code"] == "not_assigned"
    assert not Wait.objects.assigned_to(User.objects.get(pk=oscar.pk)).exists()
    wait.run.workflow.folder = elsewhere
    wait.run.workflow.save()
    assert Wait.objects.assigned_to(User.objects.get(pk=oscar.pk)).exists()
    assert client.post(f"{URL}{wait.pk}/decide/", body).status_code == 200


def test_who_holds_the_role_through_a_group_is_asked(alice: User, vera: User, bob: User) -> None:
    leads = create_group(name="Leads", role="admin", actor=alice)
    add_to_group(leads, vera, actor=alice)
    wait = asked(bob, assignees=["admin"])
    assert people(wait) == [vera]
    client, body = api_client(vera), {"decision": "approved"}
    assert Wait.objects.assigned_to(User.objects.get(pk=vera.pk)).get() == wait
    remove_from_group(leads, vera, actor=alice)
    assert client.post(f"{URL}{wait.pk}/decide/", body).status_code == 403
    add_to_group(leads, vera, actor=alice)
    assert client.post(f"{URL}{wait.pk}/decide/", body).status_code == 200


def test_a_smaller_key_is_not_asked_as_its_owner(alice: User, wait: Wait) -> None:
    Wait.objects.filter(pk=wait.pk).update(assignees=["owner"])
    body, keys = {"decision": "approved"}, {}
    for role in ("operator", "owner"):
        keys[role] = create_api_key(name="k", role=role, user=alice, actor=alice)[1]
    refused = key_client(keys["operator"]).post(f"{URL}{wait.pk}/decide/", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_assigned")
    assert key_client(keys["owner"]).post(f"{URL}{wait.pk}/decide/", body).status_code == 200
