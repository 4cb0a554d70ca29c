"""Carrying an import out as a job: each step is a short transaction, and the next worker goes on from it."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.exceptions import AlreadyMember
from apps.accounts.models import User
from apps.accounts.services import add_member
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.directory.models import ImportRow, PeopleImport
from apps.dispatch import carrying, chores

CHORE, FORGET = "directory.import", "directory.forget_import"
BATCH = 50  # people, in one transaction
Status, Outcome = PeopleImport.Status, ImportRow.Outcome


def carry(job_id: UUID) -> None:
    """Work on an import until it is over or somebody else works on it."""
    carrying.carry_on(CHORE, job_id, _advance)


def forget(job_id: UUID) -> None:
    """Forget a file that nobody started. Safe to repeat."""
    PeopleImport.objects.filter(pk=job_id, status=Status.DRAFT).delete()
    chores.done(FORGET, [job_id])


@transaction.atomic
def _advance(job_id: UUID) -> bool:
    """Let a few more people join; False when there is nothing more to do here."""
    jobs = PeopleImport.objects.select_for_update(skip_locked=True, of=("self",))
    job = jobs.select_related("role", "made_by").filter(pk=job_id).first()
    if job is None or not job.is_going_on:
        return False
    if not _may_go_on(job):
        _finish(job, Status.STOPPED, "Whoever started it may not add these people any more.")
        return False
    job.status = Status.RUNNING
    job.save(update_fields=["status", "updated_at"])
    rows = list(job.rows.filter(outcome=Outcome.JOINS).order_by("number")[:BATCH])
    for row in rows:
        _join(job, row)
    if not rows:
        _finish(job, Status.DONE)
    return bool(rows)


def _may_go_on(job: PeopleImport) -> bool:
    """Tell whether the one who started it still may what it does."""
    actor, role = job.made_by, job.role
    may_manage = policies.holds(actor, "member.manage")
    return may_manage and actor is not None and role is not None and role.allowed <= actor.permissions_in()  # fmt: skip


def _join(job: PeopleImport, row: ImportRow) -> None:
    try:
        assert job.role is not None
        user = add_member(email=row.email, name=row.name, role=job.role.name, actor=job.made_by)
    except AlreadyMember:  # since the preview
        row.outcome, row.words = Outcome.REFUSED, "They became a member meanwhile."
    else:
        row.outcome = Outcome.JOINED
        if row.password:
            User.objects.filter(pk=user.pk).update(password=row.password)
    row.password = ""
    row.save(update_fields=["outcome", "words", "password", "updated_at"])


def _finish(job: PeopleImport, status: PeopleImport.Status, trouble: str = "") -> None:
    job.status, job.trouble, job.finished_at = status, trouble, timezone.now()
    job.save(update_fields=["status", "trouble", "finished_at", "updated_at"])
    job.rows.exclude(password="").update(password="")
    joined = job.rows.filter(outcome=Outcome.JOINED).count()
    after = {"joined": joined, "not": job.rows.count() - joined, "trouble": trouble}
    result = AuditEntry.Result.FAILED if trouble else AuditEntry.Result.OK
    record("people_import.finished", actor=job.made_by, target=job, after=after, result=result)
    chores.done(CHORE, [job.pk])
