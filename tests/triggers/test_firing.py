"""Schedules that fire: each fire time once, and what becomes of those that were missed."""

import threading
from contextvars import copy_context
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.accounts.services import set_active
from apps.audit.models import AuditEntry
from apps.dispatch import chores
from apps.dispatch.models import Chore
from apps.dispatch.sweeper import sweep
from apps.gateway.cache import ahead
from apps.gateway.models import ModelRoute
from apps.runs.models import Run
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.triggers import firing
from apps.triggers.deliveries import DELIVERY, SCHEDULE
from apps.triggers.models import Delivery
from apps.triggers.schedule import delay_of
from apps.triggers.services import next_fire_times, update_trigger
from apps.workflows.services import archive_workflow
from tests.factories.runs import carry
from tests.factories.triggers import carry_out_all, due, fire, now, trigger

MINUTE = timedelta(minutes=1)


def every(actor: User, seconds: int = 60, **config: Any) -> Any:
    """Make a schedule that fires at an interval."""
    return trigger(actor, "schedule", {"every_s": seconds, **config})


def test_what_its_workflow_asks_is_looked_at_before_it_fires_again(bob: User) -> None:
    ModelRoute.objects.filter(alias="default").update(cache_ttl_s=3_600, cache_ahead=True)
    schedule = every(bob, seconds=600)
    due(schedule, now() - timedelta(seconds=1))
    fire(schedule)
    schedule.refresh_from_db()
    chore = Chore.objects.get(kind=ahead.CHORE)
    assert (chore.subject, chore.due_at) == (schedule.workflow_id, schedule.next_at - ahead.LEAD)


def test_it_fires_in_its_persons_name_and_moves_on(bob: User) -> None:
    schedule = every(bob, inputs={"who": "Ada"})
    at = now() - timedelta(seconds=1)
    due(schedule, at)
    (delivery,) = fire(schedule)
    run = delivery.run
    assert run is not None
    assert (delivery.outcome, run.trigger, run.started_by) == ("started", "schedule", bob)
    assert run.inputs == {"who": "Ada", "fire_at": at.isoformat()}
    outputs: Any = carry(run).outputs
    assert outputs["who"] == "Ada"
    schedule.refresh_from_db()
    assert schedule.next_at > now()
    assert Chore.objects.get(kind=SCHEDULE).due_at == schedule.next_at
    assert not Chore.objects.filter(kind=DELIVERY).exists()


def test_before_its_time_nothing_happens(bob: User) -> None:
    schedule = every(bob)
    assert fire(schedule) == []
    assert Chore.objects.get(kind=SCHEDULE).due_at == schedule.next_at


def test_a_second_call_for_the_same_time_starts_nothing(bob: User) -> None:
    schedule = every(bob)
    at = now() - timedelta(seconds=1)
    due(schedule, at)
    fire(schedule)
    assert len(fire(schedule)) == 1
    due(schedule, at)  # as if the first had been forgotten: the key of the run still tells
    Delivery.objects.all().delete()
    fire(schedule)
    assert Run.objects.count() == 1


def test_once_rests_afterwards(bob: User) -> None:
    at = now() + timedelta(hours=1)
    schedule = trigger(bob, "schedule", {"at": at.isoformat(), "grace_s": 86_400})
    assert schedule.next_at == at
    past = at - timedelta(hours=2)
    type(schedule).objects.filter(pk=schedule.pk).update(
        config={**schedule.config, "at": past.isoformat()}
    )
    due(schedule, past)
    assert [each.outcome for each in fire(schedule)] == ["started"]
    schedule.refresh_from_db()
    assert schedule.next_at is None
    assert not Chore.objects.filter(kind__in=[SCHEDULE, DELIVERY]).exists()


@pytest.mark.parametrize(("misfire", "runs"), [("skip", 0), ("once", 1), ("all", 10)])
def test_missed_times(bob: User, misfire: str, runs: int) -> None:
    schedule = every(bob, 600, misfire=misfire, overlap="allow")
    latest = now() - timedelta(minutes=5)
    due(schedule, latest - timedelta(minutes=90))
    found = fire(schedule)
    started = [each.fire_at for each in found if each.outcome == "started"]
    assert len(started) == runs == Run.objects.count()
    assert not started or started[-1] == latest
    skipped = [each.reason for each in found if each.outcome == "skipped"]
    missed = 10 - runs
    assert skipped == (
        [f"{missed} fire times were missed while nobody was there to start a run."]
        if missed
        else []
    )
    assert not any(each.can_be_replayed for each in found if each.outcome == "skipped")


def test_all_missed_times_are_bounded(bob: User) -> None:
    schedule = every(bob, 60, misfire="all", overlap="allow")
    start = now() - timedelta(days=300)
    due(schedule, start + MINUTE)
    assert len(fire(schedule)) == firing.MOST_MISSED


def test_what_is_on_time_runs_whatever_is_missed(bob: User) -> None:
    schedule = every(bob, 600, misfire="skip")
    on_time = now() - timedelta(seconds=20)
    due(schedule, on_time - timedelta(minutes=30))
    found = fire(schedule)
    assert sorted(each.outcome for each in found) == ["skipped", "started"]
    assert Run.objects.count() == 1


def test_jitter_delays_the_start_and_not_the_fire_time(bob: User) -> None:
    schedule = every(bob, 3600, jitter_s=3600)
    chore = Chore.objects.get(kind=SCHEDULE)
    assert schedule.next_at <= chore.due_at <= schedule.next_at + timedelta(hours=1)
    assert chore.due_at == schedule.next_at + delay_of(schedule.pk, schedule.next_at, 3600)


class TestOverlap:
    def second(self, bob: User, overlap: str) -> tuple[Any, Run, list[Delivery]]:
        """Fire a schedule twice while the first run goes on."""
        schedule = every(bob, 60, overlap=overlap)
        due(schedule, now() - timedelta(seconds=2))
        first = fire(schedule)[0].run
        assert first is not None
        due(schedule, now() - timedelta(seconds=1))
        return schedule, first, fire(schedule)

    def test_allowed(self, bob: User) -> None:
        _, _, found = self.second(bob, "allow")
        assert [each.outcome for each in found] == ["started", "started"]

    def test_skipped(self, bob: User) -> None:
        schedule, first, found = self.second(bob, "skip")
        assert [each.outcome for each in found] == ["started", "skipped"]
        assert found[1].reason == "The run before it is still going on."
        carry(first)
        due(schedule, now() - timedelta(seconds=1))
        assert fire(schedule)[-1].outcome == "started"

    def test_queued_until_the_first_is_over(self, bob: User) -> None:
        _, first, found = self.second(bob, "queue")
        assert [each.outcome for each in found] == ["started", "pending"]
        carry_out_all()
        assert Run.objects.count() == 1
        carry(first)
        chore = Chore.objects.get(kind=DELIVERY)
        assert chore.due_at < now() + timedelta(seconds=11)  # it was moved up
        carry_out_all()
        found[1].refresh_from_db()
        assert (found[1].outcome, found[1].reason) == ("started", "")

    def test_the_first_is_cancelled(self, bob: User) -> None:
        _, first, found = self.second(bob, "cancel_previous")
        first.refresh_from_db()
        assert first.status == "cancelled"
        assert [each.outcome for each in found] == ["started", "started"]


def test_a_person_who_left_pauses_it(bob: User, alice: User) -> None:
    schedule = every(bob)
    set_active(bob, active=False, actor=alice)
    due(schedule, now() - timedelta(seconds=1))
    (delivery,) = fire(schedule)
    schedule.refresh_from_db()
    assert (delivery.outcome, schedule.enabled, schedule.state) == ("refused", False, "paused")
    assert "not active" in schedule.paused_reason
    entry = AuditEntry.objects.get(action="trigger.paused")
    assert (entry.actor_label, entry.after["reason"]) == ("system", schedule.paused_reason)  # type: ignore[index]
    assert not Chore.objects.filter(kind__in=[SCHEDULE, DELIVERY]).exists()
    assert not Run.objects.exists()
    back, _ = update_trigger(schedule, actor=alice, changes={"enabled": True})
    assert (back.run_as, back.paused_reason, back.state) == (alice, "", "active")


def test_a_workflow_that_cannot_run_is_said(bob: User) -> None:
    schedule = every(bob)
    archive_workflow(schedule.workflow, actor=bob)
    due(schedule, now() - timedelta(seconds=1))
    (delivery,) = fire(schedule)
    assert delivery.outcome == "refused"
    assert "archived" in delivery.reason
    schedule.refresh_from_db()
    assert schedule.enabled


def test_a_full_backlog_postpones_it(bob: User, settings: Any) -> None:
    schedule = every(bob)
    settings.RUN_BACKLOG = 0
    due(schedule, now() - timedelta(seconds=1))
    (delivery,) = fire(schedule)
    assert delivery.outcome == "pending"
    settings.RUN_BACKLOG = 10
    carry_out_all()
    delivery.refresh_from_db()
    assert delivery.outcome == "started"


def test_disabling_forgets_the_time_and_enabling_starts_from_now(bob: User) -> None:
    schedule = every(bob)
    off, _ = update_trigger(schedule, actor=bob, changes={"enabled": False})
    assert off.next_at is None
    assert not Chore.objects.filter(kind__in=[SCHEDULE, DELIVERY]).exists()
    assert fire(off) == []
    on, _ = update_trigger(off, actor=bob, changes={"enabled": True})
    assert on.next_at is not None
    assert on.next_at > now()
    assert next_fire_times(on, 3)[0] == on.next_at


def test_a_purged_workflow_takes_its_chores_along(bob: User) -> None:
    schedule = every(bob)
    subject = schedule.pk
    schedule.workflow.delete()
    firing.fire(subject)
    assert not Chore.objects.filter(kind__in=[SCHEDULE, DELIVERY]).exists()


def test_the_sweep_calls_for_every_workspace(
    alpha: Tenant, beta: Tenant, bob: User, mallory: User
) -> None:
    called: list[tuple[Any, str]] = []
    before = chores._calls[SCHEDULE]
    chores.register(
        SCHEDULE, lambda subjects, schema: called.extend((each, schema) for each in subjects)
    )
    try:
        ours = every(bob)
        due(ours, now() - timedelta(seconds=1))
        with tenant_context(beta):
            theirs = every(mallory)
            due(theirs, now() - timedelta(seconds=1))
        sweep()
        assert set(called) == {(ours.pk, "t_alpha"), (theirs.pk, "t_beta")}
        called.clear()
        sweep()
        assert called == []  # nobody is called twice in a moment; later they are
    finally:
        chores.register(SCHEDULE, before)


@pytest.mark.django_db(transaction=True)
def test_any_number_of_schedulers_start_one_run_for_each_time(alpha: Tenant, bob: User) -> None:
    schedule = every(bob, 60, misfire="all", overlap="allow")
    latest = now() - timedelta(seconds=5)
    due(schedule, latest - timedelta(minutes=7))
    gate = threading.Barrier(6)

    def scheduler() -> None:
        try:
            gate.wait(20)
            firing.fire(schedule.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=copy_context().run, args=(scheduler,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    times = [each.fire_at for each in schedule.deliveries.filter(outcome="started")]
    assert len(times) == len(set(times)) == 8 == Run.objects.count()
