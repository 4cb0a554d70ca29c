"""Events of runs that start other runs: none is lost, and no circle goes on for ever."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.accounts.models import RoleBinding, User
from apps.accounts.services import create_folder
from apps.dispatch.models import Chore
from apps.egress import circuits
from apps.egress.breakers import Fault, breaker
from apps.runs.approvals.asking import nudge
from apps.runs.models import Run, Wait
from apps.runs.services import cancel_run, decide
from apps.triggers import reactions
from apps.triggers.deliveries import DELIVERY
from apps.triggers.models import Delivery, Trigger
from apps.triggers.services import update_trigger
from apps.workflows.models import Workflow
from apps.workflows.services import update_workflow
from apps.workflows.settling import settle
from tests.factories.runs import carry, fire_timers
from tests.factories.triggers import carry_out_all, echo, trigger
from tests.runs.scenes import asking, failing, published, started


def listening(actor: User, *events: str, **config: Any) -> Trigger:
    """Make a trigger that waits for events of runs."""
    return trigger(actor, "event", {"events": list(events), **config})


def told() -> list[dict[str, Any]]:
    """Return what the runs were told that events started, the oldest first."""
    carry_out_all()
    return [run.inputs for run in Run.objects.filter(trigger="event").order_by("created_at")]


def test_a_failure_starts_another_workflow(bob: User) -> None:
    waiting = listening(bob, "run.failed")
    failed = carry(started(published(bob, failing(), name="Sends"), bob))
    (delivery,) = waiting.deliveries.all()
    assert delivery.outcome == "pending"  # not in the way of the run that failed
    assert Chore.objects.get(kind=DELIVERY).subject == delivery.pk
    (event,) = told()
    assert (event["event"], event["workflow"]["name"]) == ("run.failed", "Sends")
    assert event["run"]["id"] == str(failed.pk)
    assert event["run"]["status"] == "failed"
    assert event["run"]["error"]["node"] == "send"
    delivery.refresh_from_db()
    assert (delivery.outcome, delivery.depth) == ("started", 0)
    assert not Chore.objects.filter(kind=DELIVERY).exists()


def test_a_service_that_opens_and_recovers_starts_workflows(bob: User) -> None:
    waiting = listening(bob, "service.opened", "service.recovered")
    listening(bob, "run.failed")
    for _ in range(circuits.RULES.failures):
        with breaker("http", "api.example.com") as call:
            call.note(Fault("HTTP 503"))
    (delivery,) = waiting.deliveries.all()
    assert delivery.outcome == "pending"
    (event,) = told()
    assert event["event"] == "service.opened"
    assert event["service"]["target"] == "api.example.com"
    assert event["service"]["last_error"] == "HTTP 503"


def test_only_what_was_asked_for(bob: User) -> None:
    sends, other = published(bob, failing(), name="Sends"), published(bob, failing(), name="Other")
    listening(bob, "run.failed", workflows=[str(sends.pk)])
    carry(started(other, bob))
    carry(started(published(bob), bob))
    assert told() == []
    carry(started(sends, bob))
    assert len(told()) == 1


def test_a_folder_and_what_lies_in_it(bob: User, alice: User) -> None:
    folder = create_folder(name="Finance", actor=alice)
    sends = published(bob, failing(), name="Sends")
    listening(bob, "run.failed", folder=str(folder.pk))
    carry(started(sends, bob))
    assert told() == []
    Workflow.objects.filter(pk=sends.pk).update(folder=folder)
    carry(started(Workflow.objects.get(pk=sends.pk), bob))
    assert len(told()) == 1


def test_success_cancellation_and_attention(bob: User) -> None:
    listening(bob, "run.succeeded", "run.cancelled")
    flow = published(bob)
    carry(started(flow, bob))
    cancel_run(started(flow, bob), actor=bob)
    events = told()
    assert [each["event"] for each in events] == ["run.succeeded", "run.cancelled"]
    assert events[0]["run"]["outputs"] == "Hello Ada"


def test_approvals(bob: User) -> None:
    listening(bob, "approval.requested", "approval.decided", "approval.expired")
    flow = published(bob, asking(expires_after_s=3600), name="Asks")
    decided, expiring = (carry(started(flow, bob)) for _ in range(2))
    wait = Wait.objects.get(run=decided)
    decide(wait, actor=bob, decision="approved")
    fire_timers(expiring)
    carry(expiring)
    found = told()
    assert [each["event"] for each in found] == [
        "approval.requested", "approval.requested", "approval.decided", "approval.expired",
    ]  # fmt: skip
    assert found[0]["approval"]["title"] == "Refund Ada?"
    assert found[2]["approval"] == {
        "id": str(wait.pk), "step": "ask", "title": "Refund Ada?", "decision": "approved",
    }  # fmt: skip


def test_an_approval_that_stays_open(bob: User, alice: User, oscar: User) -> None:
    listening(bob, "approval.due")
    config = {
        "assignees": [oscar.email], "remind_every_h": 4, "reminders": 1,
        "escalate_after_h": 8, "escalate_to": [alice.email],
    }  # fmt: skip
    wait = Wait.objects.get(run=carry(started(published(bob, asking(**config)), bob)))
    assert told() == []
    for hours in (5, 6, 9):  # the second time nothing is due
        now = timezone.now() + timedelta(hours=hours)
        nudge(wait.pk, wait.run_id, now)
        nudge(wait.pk, wait.run_id, now)
    found = [each["approval"] for each in told()]
    assert [each["due"] for each in found] == ["reminder", "escalation"]
    assert {each["id"] for each in found} == {str(wait.pk)}
    assert found[0]["decision"] == ""


def test_a_run_does_not_start_its_own_trigger_again(bob: User) -> None:
    failing_flow = published(bob, failing(), name="Sends")
    itself = trigger(bob, "event", {"events": ["run.failed"]}, workflow=failing_flow)
    carry(started(failing_flow, bob))
    for _ in range(5):
        carry_out_all()
        for run in Run.objects.filter(status="queued"):
            carry(run)
    assert itself.deliveries.count() == 1


def test_a_circle_of_triggers_ends(bob: User) -> None:
    failing_flow = published(bob, failing(), name="Sends")
    for _ in range(8):
        trigger(bob, "event", {"events": ["run.failed"]}, workflow=failing_flow)
    Delivery.objects.all().delete()
    carry(started(failing_flow, bob))
    depths: list[int] = []
    first = Delivery.objects.all()[0]
    Delivery.objects.exclude(pk=first.pk).delete()
    while Delivery.objects.filter(outcome="pending").exists():
        carry_out_all()
        run = Run.objects.get(status="queued")
        carry(run)
        pending = Delivery.objects.filter(outcome="pending").order_by("pk")
        depths += [pending[0].depth] if pending else []
        Delivery.objects.filter(pk__in=[each.pk for each in pending[1:]]).delete()
    assert depths == list(range(1, reactions.MOST_DEPTH + 1))
    refused = Delivery.objects.filter(outcome="refused")
    assert "in a row" in refused[0].reason


def test_a_rolled_back_event_never_happened(bob: User) -> None:
    from django.db import transaction

    listening(bob, "run.cancelled")
    run = started(published(bob), bob)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        cancel_run(run, actor=bob)
        raise ZeroDivisionError
    assert not Delivery.objects.exists()


def test_runs_that_its_person_does_not_see_are_none_of_its_business(
    bob: User, oscar: User, alice: User
) -> None:
    folder = create_folder(name="Closed", actor=alice)
    waiting = listening(bob, "run.failed")
    elsewhere = create_folder(name="Bob's", actor=alice)
    RoleBinding.objects.filter(user=bob).update(folder=elsewhere)
    sends = published(alice, failing(), name="Sends")
    Workflow.objects.filter(pk=sends.pk).update(folder=folder)
    carry(started(Workflow.objects.get(pk=sends.pk), alice))
    assert not waiting.deliveries.exists()


def test_a_disabled_trigger_hears_nothing(bob: User) -> None:
    waiting = listening(bob, "run.failed")
    update_trigger(waiting, actor=bob, changes={"enabled": False})
    carry(started(published(bob, failing(), name="Sends"), bob))
    assert not Delivery.objects.exists()


def test_a_form_that_does_not_fit_is_said(bob: User) -> None:
    definition = echo()
    definition["nodes"][0]["config"]["fields"] = [
        {"name": "event", "type": "text"},
        {"name": "amount", "type": "number", "required": True},
    ]
    waiting = trigger(bob, "event", {"events": ["run.failed"]}, workflow=published(bob, definition))
    carry(started(published(bob, failing(), name="Sends"), bob))
    carry_out_all()
    (delivery,) = waiting.deliveries.all()
    assert delivery.outcome == "refused"
    assert "amount: This field is required." in delivery.reason
    assert delivery.can_be_replayed


def test_most_runs_cost_one_question(bob: User, django_assert_num_queries: Any) -> None:
    from apps.runs.state.events import Event

    run = started(published(bob), bob)
    with django_assert_num_queries(0):
        reactions.hear(
            run,
            [
                Event("run.started"),
                Event("node.succeeded", "greet"),
                Event("node.waiting", "w", data={"kind": "delay"}),
            ],
        )
    with django_assert_num_queries(1):
        reactions.hear(run, [Event("run.succeeded")])


def changed(workflow: Workflow, actor: User) -> None:
    """Change a draft, and let the change come to rest."""
    update_workflow(workflow, actor=actor, revision=None, changes={"description": "Changed"})
    with time_machine.travel(timezone.now() + timedelta(seconds=6), tick=False):
        settle(workflow.pk)


def test_a_changed_draft_starts_a_workflow_once(bob: User, alice: User) -> None:
    workflow = published(bob, failing(), name="Edited")
    waiting = listening(bob, "workflow.changed", workflows=[str(workflow.pk)])
    listening(bob, "run.failed")
    changed(workflow, alice)
    settle(workflow.pk)
    assert waiting.deliveries.count() == 1
    (event,) = told()
    assert (event["event"], event["workflow"]["name"]) == ("workflow.changed", "Edited")
    assert event["authors"] == [str(alice.pk)]
    assert event["changes"] == {"after": 1, "last": 2}


def test_changes_elsewhere_or_unseen_start_nothing(bob: User, alice: User) -> None:
    workflow, other = published(bob, failing(), name="Edited"), published(bob, name="Other")
    folder = create_folder(name="F", parent=None, actor=alice)
    elsewhere = listening(bob, "workflow.changed", workflows=[str(other.pk)])
    inside = listening(bob, "workflow.changed", folder=str(folder.pk))
    anywhere = listening(alice, "workflow.changed")
    unseen = listening(bob, "workflow.changed")
    RoleBinding.objects.filter(user=bob).delete()
    changed(workflow, alice)
    counts = [each.deliveries.count() for each in (elsewhere, inside, unseen, anywhere)]
    assert counts == [0, 0, 0, 1]
