"""Looking at entries of the trail, having its chain verified, and taking copies of it."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.models import AuditEntry, Link
from apps.audit.services import record
from apps.dispatch import chores
from apps.oversight import exporting, verifying
from apps.oversight.exceptions import (
    ExportExpired,
    ExportNotReady,
    ExportRunning,
    VerificationRunning,
    VerifiedTooOften,
)
from apps.oversight.models import Export, Verification
from apps.oversight.searching import asked, filtered

MOST_AN_HOUR = 6


@transaction.atomic
def open_entry(entry_id: UUID, *, actor: User) -> AuditEntry:
    """Return an entry to be looked at. Raises NotFound.

    What it was before and after may be confidential: that somebody looked at it is told in the
    trail itself, once a request.
    """
    entry = policies.find(actor, AuditEntry.objects.all(), pk=entry_id)
    if entry.before or entry.after:
        record("audit.viewed", actor=actor, target=entry)
    return entry


def start_verification(*, actor: User) -> Verification:
    """Have the chain walked along from its beginning.

    Raises VerificationRunning, VerifiedTooOften, Forbidden.
    """
    policies.check(actor, "view", Verification)
    last = Link.objects.order_by("number").last()
    try:
        with transaction.atomic():
            job = Verification.objects.create(started_by=actor, total=last.number if last else 0)
            _check_pace(job)
            record("audit.verifying", actor=actor, target=job)
            chores.add(verifying.CHORE, [job.pk])
            return job
    except IntegrityError as error:
        raise VerificationRunning from error


def _check_pace(job: Verification) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    recent = Verification.objects.exclude(pk=job.pk).filter(created_at__gt=hour_ago)
    first = recent.order_by("-created_at")[MOST_AN_HOUR - 1 : MOST_AN_HOUR].first()
    if first is not None:
        left = first.created_at + timedelta(hours=1) - timezone.now()
        raise VerifiedTooOften(retry_after=max(1, int(left.total_seconds())))


def start_export(*, actor: User, format: str, filters: Mapping[str, str]) -> Export:  # noqa: A002 - the word for it
    """Have the entries that the filters keep written to a file for the actor.

    Raises Invalid for filters that make no sense, ExportRunning, Forbidden.
    """
    policies.check(actor, "view", Export)
    wanted = asked(filters)
    found = filtered(AuditEntry.objects.all(), wanted)
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first()
    try:
        with transaction.atomic():
            job = Export.objects.create(
                started_by=actor, format=format, filters=wanted, newest=newest, total=found.count()
            )
            told = {"format": job.format, "filters": wanted, "entries": job.total}
            record("audit.exporting", actor=actor, target=job, after=told)
            chores.add(exporting.CHORE, [job.pk])
            return job
    except IntegrityError as error:
        raise ExportRunning from error


@transaction.atomic
def open_export(export_id: UUID, *, actor: User) -> Export:
    """Return an export of the actor's own whose pieces may be read, and tell the trail of it.

    Raises NotFound, ExportNotReady, ExportExpired.
    """
    export = readable_export(export_id, actor=actor)
    record("audit.downloaded", actor=actor, target=export, after={"entries": export.done})
    return export


def readable_export(export_id: UUID, *, actor: User) -> Export:
    """Return an export of the actor's own that is there. Raises NotFound, ExportNotReady, ExportExpired."""
    export = policies.find(actor, Export.objects.all(), pk=export_id)
    if export.status != Export.Status.DONE:
        raise ExportNotReady
    if export.is_expired:
        raise ExportExpired
    return export
