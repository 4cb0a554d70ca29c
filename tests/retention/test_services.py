"""Rules, holds and starting: who may, what is refused, what the trail says."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.retention import workers
from apps.retention.exceptions import BadDays, HeldAlready, JobRunning, OnHold, Released
from apps.retention.models import LegalHold, RetentionJob
from apps.retention.services import (
    change_rules,
    due_job,
    place_hold,
    release_hold,
    rules,
    start_job,
)
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow, delete_workflow, purge_workflow
from tests.factories.cast import member
from tests.workflows.definitions import greeting

REST = {
    "drafts": 60, "notices": 90, "audit": 400, "bodies": 30, "deliveries": 30, "campaigns": 2555,
    "packs": 400,
}  # fmt: skip


@pytest.fixture
def adam(alpha: Tenant) -> User:
    return member("Adam", "admin")


@pytest.fixture
def workflow(alice: User) -> Workflow:
    return create_workflow(actor=alice, name="Kept", definition=greeting())


class TestRules:
    def test_defaults_until_somebody_changes_them(self, adam: User) -> None:
        assert rules() == {"payloads": 30, "history": 60, "runs": 90} | REST
        change_rules({"runs": 45, "payloads": None}, actor=adam)
        assert rules() == {"payloads": None, "history": 60, "runs": 45} | REST
        entry = AuditEntry.objects.get(action="retention.changed")
        assert (entry.before, entry.after) == (
            {"runs": 90, "payloads": 30},
            {"runs": 45, "payloads": None},
        )

    def test_saving_the_same_changes_nothing(self, adam: User) -> None:
        change_rules(rules(), actor=adam)
        assert not AuditEntry.objects.filter(action="retention.changed").exists()

    @pytest.mark.parametrize(
        ("name", "days"), [("runs", 0), ("runs", 4000), ("audit", 89), ("members", 3)]
    )
    def test_days_that_do_not_fit(self, adam: User, name: str, days: int) -> None:
        with pytest.raises(BadDays) as refused:
            change_rules({name: days, "payloads": 5}, actor=adam)
        assert [error["field"] for error in refused.value.errors] == [name]
        assert rules()["payloads"] == 30

    def test_builders_may_not(self, bob: User) -> None:
        with pytest.raises(Forbidden):
            change_rules({"runs": 1}, actor=bob)
        assert rules()["runs"] == 90


class TestHolds:
    def test_a_held_workflow_is_not_purged(self, alice: User, workflow: Workflow) -> None:
        hold = place_hold(actor=alice, workflow=workflow, reason="Case 1")
        delete_workflow(workflow, actor=alice)
        with pytest.raises(OnHold, match="Kept"):
            purge_workflow(workflow, actor=alice)
        release_hold(hold, actor=alice)
        purge_workflow(workflow, actor=alice)
        hold.refresh_from_db()
        assert (hold.workflow_id, str(hold)) == (None, "Kept")

    def test_nothing_of_a_held_workspace_is_purged(self, alice: User, workflow: Workflow) -> None:
        place_hold(actor=alice, reason="Case 2")
        delete_workflow(workflow, actor=alice)
        with pytest.raises(OnHold):
            purge_workflow(workflow, actor=alice)

    def test_each_is_placed_once(self, alice: User, workflow: Workflow) -> None:
        for held in (workflow, None):
            place_hold(actor=alice, workflow=held, reason="x")
            with pytest.raises(HeldAlready):
                place_hold(actor=alice, workflow=held, reason="y")
        assert LegalHold.objects.active().count() == 2

    def test_only_owners_release(self, alice: User, adam: User, workflow: Workflow) -> None:
        hold = place_hold(actor=adam, workflow=workflow, reason="Case 3")
        with pytest.raises(Forbidden):
            release_hold(hold, actor=adam)
        release_hold(hold, actor=alice)
        with pytest.raises(Released):
            release_hold(hold, actor=alice)
        actions = AuditEntry.objects.filter(action__startswith="retention.").order_by("at")
        assert list(actions.values_list("action", flat=True)) == [
            "retention.held",
            "retention.released",
        ]

    def test_builders_may_not(self, bob: User, workflow: Workflow) -> None:
        with pytest.raises(Forbidden):
            place_hold(actor=bob, workflow=workflow, reason="x")
        assert not LegalHold.objects.exists()


class TestJobs:
    def test_one_at_a_time(self, adam: User) -> None:
        start_job(actor=adam)
        with pytest.raises(JobRunning):
            start_job(actor=adam)

    def test_builders_may_not(self, bob: User) -> None:
        with pytest.raises(Forbidden):
            start_job(actor=bob)
        assert not RetentionJob.objects.exists()

    def test_the_days_job_is_made_once_a_day(self, alpha: Tenant) -> None:
        first = due_job()
        assert due_job() == first  # until it is done
        RetentionJob.objects.update(status="done")
        assert due_job() is None
        RetentionJob.objects.update(created_at=timezone.now() - timedelta(hours=25))
        assert due_job() not in {None, first}

    def test_a_round_serves_every_open_workspace(self, alpha: Tenant, beta: Tenant) -> None:
        with public_scope():
            Tenant.objects.filter(pk=beta.pk).update(status="suspended")
        workers.go_round()
        assert RetentionJob.objects.get().status == "done"
        with tenant_context(beta):
            assert not RetentionJob.objects.exists()

    def test_a_plan_is_fixed_when_the_job_is_made(self, adam: User) -> None:
        job = start_job(actor=adam)
        change_rules({"runs": 1}, actor=adam)
        job.refresh_from_db()
        before = next(part["before"] for part in job.plan if part["name"] == "runs")
        assert before < (timezone.now() - timedelta(days=89)).isoformat()
