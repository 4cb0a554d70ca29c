"""Archives that come in: sent piece by piece, started by whoever answers for it, cancelled, forgotten."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.dispatch import chores
from apps.files import services as files
from apps.files.models import Blob
from apps.notifications import services as notifications
from apps.portability import importing
from apps.portability.archive import MOST_BYTES
from apps.portability.exceptions import (
    ArchiveTooLarge,
    ImportOver,
    ImportRunning,
    ImportStarted,
    NothingSent,
    PieceOutOfOrder,
    PieceTooLarge,
)
from apps.portability.models import Import, ImportPiece
from apps.vault import services as vault

MOST_PIECE = 8 << 20


@transaction.atomic
def begin_import(*, actor: User, file_name: str) -> Import:
    """Make room for an archive that is going to be sent. Raises Forbidden."""
    policies.check(actor, "manage", Import)
    job = Import.objects.create(started_by=actor, file_name=file_name.strip()[-120:] or "archive")
    chores.plan(importing.FORGET, [job.pk], chores.now() + importing.LIFE)
    record("archive.import_begun", actor=actor, target=job)
    return job


def add_piece(job_id: UUID, number: int, data: bytes, *, actor: User) -> Import:
    """Keep the next piece of an archive; the same one again changes nothing.

    Raises NotFound, Forbidden, ImportStarted, PieceOutOfOrder, PieceTooLarge, ArchiveTooLarge.
    """
    job = _uploading(job_id, actor)
    if not data or len(data) > MOST_PIECE:
        raise PieceTooLarge
    if job.size + len(data) > MOST_BYTES:
        raise ArchiveTooLarge
    there = job.pieces.count()
    if number == there and there:
        return job  # the answer to it was lost
    if number != there + 1:
        raise PieceOutOfOrder(f"The next piece is number {there + 1}.")
    blob = files.store(data, kind=Blob.Kind.EXPORT)
    try:
        with transaction.atomic():
            ImportPiece.objects.create(job=job, number=number, blob=blob)
            Import.objects.filter(pk=job.pk).update(size=F("size") + len(data))
    except IntegrityError as error:
        raise PieceOutOfOrder from error
    job.refresh_from_db()
    return job


def start_import(job_id: UUID, *, actor: User, passphrase: str = "") -> Import:
    """Have an archive that was sent come in, all of it or nothing; it fails where the workspace is not new.

    Raises NotFound, Forbidden, ImportStarted, NothingSent, ImportRunning.
    """
    job = _uploading(job_id, actor)
    if not job.pieces.exists():
        raise NothingSent
    try:
        with transaction.atomic():
            sealed = vault.seal(passphrase, context=job.seal_context) if passphrase else ""
            begun = Import.objects.filter(pk=job.pk, status=Import.Status.UPLOADING)
            if not begun.update(status=Import.Status.QUEUED, started_by=actor, sealed=sealed):
                raise ImportStarted
            job.refresh_from_db()
            record("archive.import_started", actor=actor, target=job, after={"bytes": job.size})
            chores.done(importing.FORGET, [job.pk])
            chores.add(importing.CHORE, [job.pk])
    except IntegrityError as error:
        raise ImportRunning from error
    return job


@transaction.atomic
def cancel_import(job_id: UUID, *, actor: User) -> Import:
    """End an import that is not over; nothing of it stays. Raises NotFound, Forbidden, ImportOver."""
    job = _managed(job_id, actor)
    alive = Import.objects.filter(pk=job.pk, status__in=[*Import.GOING_ON, Import.Status.UPLOADING])
    if not alive.update(
        status=Import.Status.CANCELLED, finished_at=timezone.now(), sealed="", trouble=""
    ):
        raise ImportOver
    job.refresh_from_db()
    record("archive.import_cancelled", actor=actor, target=job)
    importing.let_go(job.pk)
    notifications.take_back(job.pk)
    transaction.on_commit(files.take_out_or_later, robust=True)
    return job


def _uploading(job_id: UUID, actor: User) -> Import:
    job = _managed(job_id, actor)
    if job.status != Import.Status.UPLOADING:
        raise ImportStarted
    return job


def _managed(job_id: UUID, actor: User) -> Import:
    job = policies.find(actor, Import.objects.all(), pk=job_id)
    policies.check(actor, "manage", job)
    return job
