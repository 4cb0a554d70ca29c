"""Writing an export piece by piece: whoever comes after a crash goes on behind the last piece.

A piece is stored first and then, in one short transaction, becomes part of the export; one that
nobody took up is swept from the storage like all that nothing refers to.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.dispatch import carrying, chores
from apps.files import services as files
from apps.files.exceptions import StorageAway
from apps.files.models import Blob
from apps.oversight import formats
from apps.oversight.models import Export, Piece
from apps.oversight.searching import Entries, filtered

logger = logging.getLogger(__name__)

CHORE = "oversight.export"
EXPIRY = "oversight.expire"
LIFE = timedelta(days=3)
PIECE_BYTES = 4 << 20
AT_ONCE = 200  # entries in memory
AWAY = "The file storage does not answer. The export goes on when it does."


def carry(job_id: UUID) -> None:
    """Write pieces until the export is done or has to wait."""
    try:
        carrying.carry_on(CHORE, job_id, _advance)
    except StorageAway:
        logger.warning("Export %s waits for the file storage.", job_id)
        Export.objects.unfinished().filter(pk=job_id).update(trouble=AWAY)


def expire() -> None:
    """Let go of the pieces of what is over its time."""
    over = Export.objects.filter(expires_at__lte=timezone.now())
    with transaction.atomic():
        gone = list(over.values_list("pk", flat=True))
        blobs = list(Piece.objects.filter(export__in=gone).values_list("blob", flat=True))
        Piece.objects.filter(export__in=gone).delete()
        files.discard(blobs)
        chores.done(EXPIRY, gone)
    files.take_out_or_later()


def _advance(job_id: UUID) -> bool:
    """Write the next piece; False when there is nothing more to do here."""
    job = Export.objects.unfinished().filter(pk=job_id).first()
    if job is None:
        return False
    number = Piece.objects.filter(export=job).count() + 1
    text, entries = _next_piece(job, number)
    if not text:
        return _finish(job)
    blob = files.store(text.encode(), kind=Blob.Kind.EXPORT)
    try:
        _take_up(job, number, blob, entries)
    except IntegrityError:
        logger.info("Somebody else wrote piece %s of export %s.", number, job_id)
    return True


def _next_piece(job: Export, number: int) -> tuple[str, list[UUID]]:
    """Return the next few MiB of lines, and which entries they tell."""
    text = formats.heading(job.format) if number == 1 else ""
    size, lines, ids = len(text), [text], list[UUID]()
    line_of = formats.LINES[job.format]
    after = job.after
    while size < PIECE_BYTES:
        entries = list(_entries_behind(job, after)[:AT_ONCE])
        if not entries:
            break
        lines += [line_of(told) for told in formats.told(entries)]
        ids += [entry.pk for entry in entries]
        size += sum(map(len, lines[-len(entries) :]))
        after = ids[-1]
    return "".join(lines), ids


def _entries_behind(job: Export, after: UUID | None) -> Entries:
    entries = filtered(AuditEntry.objects.order_by("pk"), job.filters)
    entries = entries.filter(pk__lte=job.newest) if job.newest else entries.none()
    return entries.filter(pk__gt=after) if after else entries


@transaction.atomic
def _take_up(job: Export, number: int, blob: Blob, entries: list[UUID]) -> None:
    """Make a stored piece part of the export. Raises IntegrityError where somebody else was first."""
    Export.objects.unfinished().filter(pk=job.pk).update(
        status=Export.Status.RUNNING,
        started_at=job.started_at or timezone.now(),
        after=entries[-1] if entries else job.after,
        done=F("done") + len(entries),
        size=F("size") + blob.size,
        trouble="",
    )
    Piece.objects.create(export=job, number=number, blob=blob)


@transaction.atomic
def _finish(job: Export) -> bool:
    """Say that it can be fetched, how long, and in the trail who took what with them."""
    now = timezone.now()
    ready = Export.objects.unfinished().filter(pk=job.pk).update(
        status=Export.Status.DONE, finished_at=now, expires_at=now + LIFE
    )  # fmt: skip
    if ready:
        told = {"format": job.format, "filters": job.filters, "entries": job.done}
        record("audit.exported", actor=job.started_by, target=job, after=told)
        chores.done(CHORE, [job.pk])
        chores.plan(EXPIRY, [job.pk], now + LIFE)
    return False
