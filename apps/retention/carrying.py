"""Carrying a job to its end, in short transactions, by whoever comes first after a crash.

A batch, its count and its hash are one transaction: what was deleted was counted, and the other way
round. The storage is emptied between transactions.
"""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.services import record
from apps.common.events import publish_on_commit
from apps.dispatch import workers
from apps.files import services as files
from apps.files.exceptions import StorageAway
from apps.retention import classes
from apps.retention.models import RetentionJob
from apps.tenants.keys import group_name

logger = logging.getLogger(__name__)

WATCHERS = "retention"
AWAY = "The file storage does not answer. The job goes on when it does."


def carry(job_id: UUID) -> None:
    """Work on a job until it is done, somebody else works on it, or it has to wait."""
    try:
        while not workers.draining.is_set() and _advance(job_id):
            files.take_out()
    except StorageAway:
        logger.warning("Deletion %s waits for the file storage.", job_id)
        RetentionJob.objects.filter(pk=job_id).unfinished().update(trouble=AWAY)
    except IntegrityError:
        # Somebody has referred to a blob in the same moment: the next look leaves it alone.
        logger.warning("Deletion %s is taken up again.", job_id)


def _advance(job_id: UUID) -> bool:
    """Do one batch; False when there is nothing more to do here."""
    with transaction.atomic():
        jobs = RetentionJob.objects.select_for_update(skip_locked=True).unfinished()
        job = jobs.filter(pk=job_id).first()
        if job is None:
            return False
        job.started_at = job.started_at or timezone.now()
        job.status, job.trouble = RetentionJob.Status.RUNNING, ""
        if job.stage < len(job.plan):
            _delete_batch(job)
        else:
            _finish(job)
        job.save()
        return job.status != RetentionJob.Status.DONE


def _delete_batch(job: RetentionJob) -> None:
    part = job.plan[job.stage]
    each = classes.find(part["name"])
    found = each.over(datetime.fromisoformat(part["before"]))
    if not found:
        job.stage += 1
        return
    each.delete(found)
    job.counts[part["name"]] = job.counts.get(part["name"], 0) + len(found)
    job.digest = chained(job.digest, part["name"], found)


def chained(digest: str, name: str, ids: Sequence[UUID]) -> str:
    """Return the hash of what was deleted before, and then of these."""
    for each in ids:
        digest = hashlib.sha256(f"{digest}{name}:{each}".encode()).hexdigest()
    return digest


def _finish(job: RetentionJob) -> None:
    """End the job, and write its proof into the trail where it deleted something or was asked for."""
    job.status, job.finished_at = RetentionJob.Status.DONE, timezone.now()
    if job.deleted or job.trigger == RetentionJob.Trigger.MANUAL:
        proof = {"counts": job.counts, "digest": job.digest, "plan": job.plan}
        record("retention.finished", actor=None, target=job, after=proof)
    publish_on_commit(group_name(WATCHERS), {"type": "retention", "job": str(job.pk)})
