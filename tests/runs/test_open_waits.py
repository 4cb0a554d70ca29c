"""What time does to open questions, and what it costs that there are thousands of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.db.models import F
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.common.navigation import MOST
from apps.dispatch.gate import RESUMED
from apps.dispatch.models import Ticket, Timer
from apps.dispatch.sweeper import DUE, FIRE, sweep
from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from apps.notifications.models import Notification
from apps.notifications.outbox import send_due
from apps.runs.models import Run, Wait
from apps.runs.services import decide
from apps.runs.watching.counts import approvals_of, decisions_for
from apps.tenants.context import public_scope
from apps.tenants.models import Tenant
from tests.factories.browsers import browser
from tests.factories.runs import carry
from tests.runs.scenes import asking, published, started

HOUR = timedelta(hours=1)


def asked(bob: User, **config: Any) -> Wait:
    """Carry a run to its question."""
    return Wait.objects.get(run=carry(started(published(bob, asking(**config)), bob)))


def pass_time(wait: Wait, hours: float) -> Wait:
    """Let hours go by for a question, as the sweeper and the run see it."""
    gone = timedelta(hours=hours)
    Wait.objects.filter(pk=wait.pk).update(asked_at=F("asked_at") - gone)
    Timer.objects.filter(ticket_id=wait.run_id).update(fire_at=F("fire_at") - gone)
    sweep()
    carry(Run.objects.get(pk=wait.run_id))
    wait.refresh_from_db()
    return wait


def subjects() -> list[str]:
    """Send what is due, and return to whom which subjects went."""
    mail.outbox.clear()
    send_due()
    return sorted(f"{sent.to[0].split('@')[0]}: {sent.subject}" for sent in mail.outbox)


def test_who_is_asked_is_reminded_so_often_and_no_more(bob: User, oscar: User) -> None:
    wait = asked(bob, assignees=[oscar.email], remind_every_h=4, reminders=2)
    assert subjects() == ["oscar: Refund Ada?"]
    assert pass_time(wait, 3).reminded == 0
    assert subjects() == []
    assert pass_time(wait, 1.1).reminded == 1
    assert subjects() == ["oscar: Reminder: Refund Ada?"]
    assert pass_time(wait, 4).reminded == 2
    assert subjects() == ["oscar: Reminder: Refund Ada?"]
    pass_time(wait, 40)
    assert subjects() == []
    assert not Timer.objects.filter(kind=Timer.Kind.NUDGE).exists()


def test_reminders_that_were_missed_are_one(bob: User, oscar: User) -> None:
    wait = asked(bob, assignees=[oscar.email], remind_every_h=1, reminders=20)
    subjects()
    assert pass_time(wait, 10.5).reminded == 10
    assert len(subjects()) == 1


def test_who_has_answered_is_not_reminded(bob: User, alice: User, oscar: User) -> None:
    wait = asked(
        bob, assignees=[alice.email, oscar.email], quorum=2, remind_every_h=1,
        actions=DEFAULT_ACTIONS,
    )  # fmt: skip
    subjects()
    decide(wait, actor=alice, decision="approved")
    pass_time(wait, 1.1)
    assert subjects() == ["oscar: Reminder: Refund Ada?"]


def test_it_is_passed_on_to_others_as_well(bob: User, alice: User, oscar: User) -> None:
    wait = asked(bob, assignees=[oscar.email], escalate_after_h=24, escalate_to=["owner"])
    subjects()
    assert not Wait.objects.awaiting(alice).exists()
    wait = pass_time(wait, 24.1)
    assert (wait.escalated, wait.assignees) == (True, [oscar.email, "owner"])
    assert subjects() == ["alice: Still undecided: Refund Ada?"]
    assert Wait.objects.awaiting(alice).exists()
    wait = decide(wait, actor=alice, decision="approved")
    assert wait.status == "decided"
    assert not Timer.objects.filter(ticket_id=wait.run_id).exists()


def test_the_next_of_a_sequence_is_told_and_reminded_from_then_on(
    bob: User, alice: User, oscar: User
) -> None:
    wait = asked(
        bob,
        assignees=[alice.email, oscar.email],
        order="sequence",
        remind_every_h=4,
        actions=DEFAULT_ACTIONS,
    )
    assert subjects() == ["alice: Refund Ada?"]
    wait = pass_time(wait, 4.1)
    subjects()
    wait = decide(wait, actor=alice, decision="approved")
    assert subjects() == ["oscar: Refund Ada?"]
    assert wait.reminded == 0
    pass_time(wait, 2)
    assert subjects() == []
    pass_time(wait, 2.1)
    assert subjects() == ["oscar: Reminder: Refund Ada?"]


def test_an_expired_question_lets_everybody_off(bob: User, oscar: User) -> None:
    wait = asked(bob, assignees=[oscar.email], expires_after_s=3600, remind_every_h=0.5)
    assert Notification.objects.unread().count() == 1
    Timer.objects.filter(kind=Timer.Kind.EXPIRY).update(fire_at=timezone.now() - HOUR)
    sweep()
    run = carry(Run.objects.get(pk=wait.run_id))
    assert run.status == "succeeded"
    assert Notification.objects.unread().count() == 0
    assert subjects() == []


def test_nudging_twice_tells_once(bob: User, alice: User, oscar: User) -> None:
    from apps.runs.approvals.asking import nudge

    wait = asked(
        bob, assignees=[oscar.email], remind_every_h=1, escalate_after_h=1, escalate_to=["owner"]
    )
    subjects()
    for _ in range(2):
        nudge(wait.pk, wait.run_id, timezone.now() + HOUR + HOUR / 2)
    assert len(subjects()) == 2  # a reminder and the one whom it was passed on to


@pytest.fixture
def thousands(alpha: Tenant, bob: User, oscar: User) -> int:
    """Many open questions of other people, each with its run, its ticket and its timer."""
    wait, count = asked(bob, assignees=[bob.email], expires_after_s=3600), 3_000
    original = Run.objects.get(pk=wait.run_id)
    runs = [
        Run(
            workflow=original.workflow, version=original.version, status="waiting",
            state=bytes(original.state), started_at=original.started_at,
        )
        for _ in range(count)
    ]  # fmt: skip
    Run.objects.bulk_create(runs)
    Ticket.objects.bulk_create([Ticket(id=run.pk, status=Ticket.Status.WAITING) for run in runs])
    later = timezone.now() + timedelta(days=30)
    Timer.objects.bulk_create(
        [Timer(ticket_id=run.pk, key="ask", kind=Timer.Kind.EXPIRY, fire_at=later) for run in runs]
    )
    Wait.objects.bulk_create(
        [
            Wait(
                id=uuid7(), run=run, node="ask", kind="approval", title="Refund?", terms=wait.terms,
                actions=wait.actions, assignees=[bob.email], expires_at=later,
            )
            for run in runs
        ]
    )  # fmt: skip
    return count


def test_thousands_of_open_waits_are_rows_only(
    thousands: int, oscar: User, bob: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assert Ticket.objects.active().count() == 0  # no worker has or may take one
    with public_scope():
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE dispatch_ticket, dispatch_timer")
            for statement in (FIRE, DUE):  # what is due is found by an index that leaves them out
                cursor.execute(f"EXPLAIN {statement}", {"batch": 500, "resumed": RESUMED})
                plan = "\n".join(row[0] for row in cursor.fetchall())
                found = plan.split("CTE due", 1)[1].split("CTE ", 1)[0].split("Join", 1)[0]
                assert "Scan using dispatch_t" in found, plan
                assert "Seq Scan on dispatch" not in found, plan
        sweep()  # takes the chores that making them has left
        with django_assert_max_num_queries(12):
            assert sweep() == 0
    assert approvals_of(bob) == MOST
    assert approvals_of(oscar) == 0
    client = browser(bob)
    client.get("/approvals/")  # a session's first page writes down where it began
    with django_assert_max_num_queries(40):
        page = client.get("/approvals/")
    assert page.context["page"].paginator.count == thousands + 1
    assert "99+" in page.content.decode()


def test_questions_of_others_are_passed_over_by_an_index(
    thousands: int, oscar: User, bob: User
) -> None:
    with public_scope(), connection.cursor() as cursor:  # as the owner, who alone may
        cursor.execute("ANALYZE t_alpha.runs_wait, t_alpha.runs_run")
    plan = decisions_for(oscar).explain()
    assert "runs_approvals_by_assignee" in plan
    assert "Seq Scan on runs_wait" not in plan
    page = browser(bob).get("/approvals/?status=others")
    assert page.context["page"].paginator.count == 0
    by_due = F("expires_at").asc(nulls_last=True), "-created_at", "-id"
    seen = policies.visible(oscar, Wait.objects.approvals())
    others = seen.awaiting_others(oscar).order_by(*by_due)
    assert others.count() == thousands + 1
    assert "runs_approvals_by_due" in others[:30].explain()
