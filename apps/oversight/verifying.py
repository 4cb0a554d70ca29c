"""Walking along the chain as a job: each step is a short transaction, and the next worker goes on from it."""

import logging
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.checking import Verdict, Walk, note, wrong_at_end
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.dispatch import carrying, chores
from apps.oversight.models import Verification

logger = logging.getLogger(__name__)

CHORE = "oversight.verify"
BATCHES = 4  # of links, in one transaction
TRIES = 2  # a rule may delete the beginning while we walk: what looks wrong is looked at again


def carry(job_id: UUID) -> None:
    """Work on a verification until it is done or somebody else works on it."""
    carrying.carry_on(CHORE, job_id, _advance)


@transaction.atomic
def _advance(job_id: UUID) -> bool:
    """Go a few batches on; False when there is nothing more to do here."""
    jobs = Verification.objects.select_for_update(skip_locked=True).unfinished()
    job = jobs.filter(pk=job_id).first()
    if job is None:
        return False
    job.started_at = job.started_at or timezone.now()
    job.status = Verification.Status.RUNNING
    walk = Walk.behind(job.place) if job.place else Walk()
    if walk is None:  # what it had reached was deleted by a rule, or by somebody
        _begin_again(job)
    else:
        _walk(job, walk)
    job.save()
    return job.status != Verification.Status.DONE


def _walk(job: Verification, walk: Walk) -> None:
    wrong, reached_end = "", False
    for _ in range(BATCHES):
        links = walk.next()
        reached_end = not links
        wrong = walk.follow(links)
        if wrong or reached_end:
            break
    job.place = str(walk.last) if walk.last else ""
    job.done = walk.last.number if walk.last else 0
    if reached_end and not wrong:
        wrong = wrong_at_end(walk.last)
    if wrong and job.begun < TRIES:
        _begin_again(job)
    elif wrong or reached_end:
        _finish(job, Verdict(walk.last, walk.until, wrong))


def _begin_again(job: Verification) -> None:
    job.place, job.done = "", 0
    job.begun = min(TRIES, job.begun + 1)


def _finish(job: Verification, verdict: Verdict) -> None:
    """Keep what it found, in the trail too."""
    job.status, job.finished_at = Verification.Status.DONE, timezone.now()
    job.wrong = verdict.wrong
    note(verdict)
    result = AuditEntry.Result.FAILED if verdict.wrong else AuditEntry.Result.OK
    found = {"intact_up_to": str(verdict.last or ""), "wrong": verdict.wrong}
    record("audit.verified", actor=None, target=job, after=found, result=result)
    chores.done(CHORE, [job.pk])
    if verdict.wrong:
        logger.error("A verification found the trail broken: %s", verdict.wrong)
