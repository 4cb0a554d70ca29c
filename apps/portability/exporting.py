"""Carrying an export to its end: reading one moment, packing it piece by piece, and letting go of it later."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.services import record
from apps.dispatch import carrying, chores, workers
from apps.files import services as files
from apps.files.exceptions import StorageAway
from apps.portability import packing, reading, telling
from apps.portability.beside import beside
from apps.portability.models import Export, Part, Piece, Snapshot

logger = logging.getLogger(__name__)

CHORE, EXPIRY = "portability.export", "portability.expire"
LIFE = timedelta(days=7)
AWAY = "The file storage does not answer. The export goes on when it does."
Status = Export.Status


class Ended(Exception):
    """Nobody wants this export any more, or this worker is to stop."""


def carry(export_id: UUID) -> None:
    """Work on an export until it is over, somebody else works on it, or it has to wait."""
    try:
        carrying.carry_on(CHORE, export_id, _advance)
    except Ended:
        logger.info("Export %s was left by its worker.", export_id)
    except StorageAway:
        logger.warning("Export %s waits for the file storage.", export_id)
        Export.objects.filter(pk=export_id).unfinished().update(trouble=AWAY)
    except reading.TooMuch as error:
        fail(export_id, str(error))


def _advance(export_id: UUID) -> bool:
    """Do the next step; False when there is nothing more to do here."""
    export = Export.objects.filter(pk=export_id).unfinished().first()
    if export is None:
        chores.done(CHORE, [export_id])
        return False
    snapshot = Snapshot.objects.filter(export=export).first()
    if snapshot is None:
        return _read(export)
    if export.status != Status.PACKING:
        _begin_packing(export, snapshot)
        return True
    if packing.pack_next(export):
        return True
    if export.done < export.total:
        packing.pack_end(export)
        return True
    _finish(export)
    return False


def _read(export: Export) -> bool:
    """Keep the moment; False where somebody else is about to."""
    Export.objects.filter(pk=export.pk, status=Status.QUEUED).update(
        status=Status.READING, started_at=timezone.now()
    )
    with beside(lambda rows: _told(export.pk, rows)) as other:

        def tell(rows: int) -> None:
            if workers.draining.is_set() or not other.tell(rows):
                raise Ended

        try:
            return reading.read(export, tell) is not None
        except IntegrityError:
            return True  # somebody else has just kept it


def _told(export_id: UUID, rows: int) -> bool:
    """Note how far the reading is; False once the export is cancelled."""
    carrying.hold(CHORE, export_id)
    return bool(Export.objects.filter(pk=export_id).unfinished().update(rows=rows))


def _begin_packing(export: Export, snapshot: Snapshot) -> None:
    """Forget the passphrase's key, and count what is to be packed."""
    Export.objects.filter(pk=export.pk).unfinished().update(
        status=Status.PACKING, rows=snapshot.rows, sealed="", total=export.parts.count() + 1
    )


@transaction.atomic
def _finish(export: Export) -> None:
    """Say that it can be fetched, how long, and in the trail who took what with them."""
    now = timezone.now()
    ready = Export.objects.filter(pk=export.pk).unfinished().update(
        status=Status.DONE, finished_at=now, expires_at=now + LIFE, trouble=""
    )  # fmt: skip
    if not ready:
        return
    export.refresh_from_db()
    told = {
        "rows": export.rows,
        "bytes": export.size,
        "moment": export.snapshot.moment,
        "secrets": export.with_secrets,
    }
    record("archive.finished", actor=export.started_by, target=export, after=told)
    Part.objects.filter(export=export).delete()
    chores.done(CHORE, [export.pk])
    chores.plan(EXPIRY, [export.pk], now + LIFE)
    telling.tell_ready(export)


@transaction.atomic
def fail(export_id: UUID, why: str) -> None:
    """End an export that cannot come to its end."""
    failed = Export.objects.filter(pk=export_id).unfinished()
    if failed.update(
        status=Status.FAILED, trouble=why[:300], finished_at=timezone.now(), sealed=""
    ):
        export = Export.objects.get(pk=export_id)
        record("archive.failed", actor=export.started_by, target=export, after={"why": why})
        telling.tell_failed(export)
        discard([export_id])


def expire() -> None:
    """Let go of what is over its time, and empty the storage of it."""
    over = Export.objects.filter(expires_at__lte=timezone.now(), status=Status.DONE)
    gone = list(over.values_list("pk", flat=True))
    with transaction.atomic():
        discard(gone)
        chores.done(EXPIRY, gone)
    files.take_out_or_later()


def discard(ids: Sequence[UUID]) -> None:
    """Let go of the pieces of exports, and of what was not packed; in the caller's transaction."""
    pieces = Piece.objects.filter(export__in=ids)
    blobs = list(pieces.values_list("blob", flat=True))
    pieces.delete()
    Part.objects.filter(export__in=ids).delete()
    Snapshot.objects.filter(export__in=ids).delete()
    chores.done(CHORE, list(ids))
    with suppress(IntegrityError), transaction.atomic():
        files.discard(blobs)  # else the sweep will
