"""Changing rules, placing and releasing holds, and starting deletions."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.retention import tasks
from apps.retention.classes import CLEARED, LONGEST_DAYS, RULED
from apps.retention.exceptions import BadDays, HeldAlready, JobRunning, Released
from apps.retention.models import LegalHold, RetentionJob, RetentionRule
from apps.workflows.models import Workflow

WHOLE = "The whole workspace"


def rules() -> dict[str, int | None]:
    """Return how many days each class is kept; None: for ever."""
    stored = dict(RetentionRule.objects.values_list("name", "days"))
    return {name: stored.get(name, each.kind.default_days) for name, each in RULED.items()}


@transaction.atomic
def change_rules(days: Mapping[str, int | None], *, actor: User) -> dict[str, int | None]:
    """Set how long classes are kept. Raises BadDays with an entry for each, Forbidden."""
    policies.check(actor, "manage", RetentionRule)
    errors = [error for name, value in days.items() if (error := _wrong(name, value))]
    if errors:
        raise BadDays(errors=errors)
    before = rules()
    changed = {name: value for name, value in days.items() if before[name] != value}
    for name, value in changed.items():
        RetentionRule.objects.update_or_create(name=name, defaults={"days": value})
    if changed:
        record(
            "retention.changed",
            actor=actor,
            before={name: before[name] for name in changed},
            after=changed,
        )
    return rules()


def _wrong(name: str, days: int | None) -> JSONDict | None:
    if name not in RULED:
        message = f"Use one of {', '.join(RULED)}."
    elif days is None or RULED[name].kind.minimum_days <= days <= LONGEST_DAYS:
        return None
    else:
        least = RULED[name].kind.minimum_days
        message = f"Give between {least} and {LONGEST_DAYS} days, or none to keep it for ever."
    return {"field": name, "message": message, "code": BadDays.code}


def place_hold(*, actor: User, reason: str, workflow: Workflow | None = None) -> LegalHold:
    """Keep everything of a workflow, or of the workspace, from now on. Raises HeldAlready, Forbidden.

    When this returns no batch of a deletion is under way that did not know of it.
    """
    policies.check(actor, "manage", LegalHold)
    try:
        with transaction.atomic():
            _wait_for_batches()
            if workflow is not None:  # who purges it holds this lock
                Workflow.objects.select_for_update().get(pk=workflow.pk)
            label = workflow.name if workflow else WHOLE
            hold = LegalHold.objects.create(
                workflow=workflow, label=label, reason=reason, placed_by=actor
            )
            record("retention.held", actor=actor, target=hold, after={"reason": reason})
            return hold
    except IntegrityError as error:
        raise HeldAlready from error


@transaction.atomic
def release_hold(hold: LegalHold, *, actor: User) -> LegalHold:
    """End a hold: what it kept goes with the next deletion. Owners only. Raises Released, Forbidden."""
    policies.require(actor, "workspace.manage")
    released = LegalHold.objects.active().filter(pk=hold.pk).update(
        released_at=timezone.now(), released_by=actor
    )  # fmt: skip
    if not released:
        raise Released
    record("retention.released", actor=actor, target=hold, before={"reason": hold.reason})
    hold.refresh_from_db()
    return hold


def start_job(*, actor: User) -> RetentionJob:
    """Delete now what is over its time. Raises JobRunning, Forbidden."""
    policies.check(actor, "manage", RetentionJob)
    try:
        with transaction.atomic():
            job = make_job(RetentionJob.Trigger.MANUAL, started_by=actor)
            record("retention.started", actor=actor, target=job, after={"plan": job.plan})
            tasks.carry_job.delay_on_commit(str(job.pk))
            return job
    except IntegrityError as error:
        raise JobRunning from error


def make_job(trigger: str, *, started_by: User | None = None) -> RetentionJob:
    """Make a job whose plan is what the rules say now."""
    now = timezone.now()
    kept = {name: days for name, days in rules().items() if days is not None}
    cleared = {name: each.kind.default_days for name, each in CLEARED.items()}
    plan = [
        {"name": name, "before": (now - timedelta(days=days)).isoformat()}
        for name, days in {**kept, **cleared}.items()
    ]
    return RetentionJob.objects.create(trigger=trigger, plan=plan, started_by=started_by)


def due_job() -> UUID | None:
    """Return the job to be worked on in this workspace: the unfinished one, else the day's, made now."""
    job = RetentionJob.objects.unfinished().first()
    if job is not None:
        return job.pk
    if RetentionJob.objects.filter(created_at__gt=timezone.now() - timedelta(days=1)).exists():
        return None
    try:
        with transaction.atomic():
            return make_job(RetentionJob.Trigger.SCHEDULE).pk
    except IntegrityError:  # another worker was first
        return None


def _wait_for_batches() -> None:
    """Wait until the batch that is being deleted is through; later ones see what is committed."""
    list(RetentionJob.objects.select_for_update().unfinished())
