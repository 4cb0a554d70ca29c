"""Carrying an import to its end: measuring the archive, storing its files, and writing all of its rows or none.

What was stored is kept by a row until rows refer to it, so that a worker may die; the rows are one
transaction, in which the import itself becomes done.
"""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import IO
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import DomainError
from apps.dispatch import carrying, chores, workers
from apps.files import services as files
from apps.files.exceptions import StorageAway
from apps.files.models import Blob
from apps.gateway import news
from apps.portability import telling, writing
from apps.portability.archive import Archive
from apps.portability.beside import beside
from apps.portability.emptiness import check_empty
from apps.portability.exceptions import BadArchive
from apps.portability.models import Import, ImportPiece, StoredFile
from apps.portability.taking.arrival import Arrival
from apps.vault import services as vault
from apps.vault.exceptions import CannotUnseal
from apps.workflows import pictures
from apps.workflows.exceptions import NoImage

logger = logging.getLogger(__name__)

CHORE, FORGET = "portability.import", "portability.forget_import"
LIFE = timedelta(days=1)  # of an upload that nobody starts
AWAY = "The file storage does not answer. The import goes on when it does."
WRONG_KEY = "The passphrase does not open the secrets in the archive."
Status = Import.Status


class Ended(Exception):
    """Nobody wants this import any more, or this worker is to stop."""


def carry(job_id: UUID) -> None:
    """Work on an import until it is over, somebody else works on it, or it has to wait."""
    job = Import.objects.filter(pk=job_id).going_on().first()
    if job is None:
        chores.done(CHORE, [job_id])
        return
    try:
        _carry(job)
    except Ended:
        logger.info("Import %s was left by its worker.", job_id)
    except StorageAway:
        logger.warning("Import %s waits for the file storage.", job_id)
        Import.objects.filter(pk=job_id).going_on().update(trouble=AWAY)
    except CannotUnseal:
        fail(job_id, WRONG_KEY)
    except DomainError as error:
        fail(job_id, error.detail)


def _carry(job: Import) -> None:
    _go(job, Status.CHECKING)
    actor = _actor(job)
    check_empty()
    with _assembled(job) as (file, size):
        archive = Archive(file, size)
        manifest = archive.manifest
        Import.objects.filter(pk=job.pk).going_on().update(
            archive=archive.id, source=manifest.workspace.name, moment=manifest.at,
            total=archive.total, trouble="",
        )  # fmt: skip
        passphrase = vault.unseal(job.sealed, context=job.seal_context) if job.sealed else ""
        arrival = Arrival(archive, job, actor, archive.key_of(passphrase))
        if passphrase and manifest.secrets is None:
            raise BadArchive("There are no secrets in the archive. Leave the passphrase out.")
        _go(job, Status.STORING)
        _store_files(arrival)
        _go(job, Status.WRITING)
        _write(arrival)


def _actor(job: Import) -> User:
    """Return who answers for it. Raises BadArchive where they may not any more."""
    actor = job.started_by
    if actor is None or not policies.holds(actor, "archive.manage"):
        raise BadArchive("Whoever started it may not do so any more.")
    return actor


def _go(job: Import, status: str) -> None:
    """Say what it is about. Raises Ended where it was cancelled, or this worker is to stop."""
    carrying.hold(CHORE, job.pk)
    going = Import.objects.filter(pk=job.pk).going_on().update(status=status)
    if workers.draining.is_set() or not going:
        raise Ended


@contextmanager
def _assembled(job: Import) -> Iterator[tuple[IO[bytes], int]]:
    """Have the pieces as one file of this machine, for as long as it is read."""
    with tempfile.TemporaryFile(prefix="archive-") as file:
        pieces = ImportPiece.objects.filter(job=job).select_related("blob").order_by("number")
        for piece in pieces.iterator(10):
            _go(job, Status.CHECKING)
            file.write(files.load(piece.blob))
        yield file, file.tell()


def _store_files(arrival: Arrival) -> None:
    """Store the bytes that the archive has, once each; look at pictures on the way."""
    job = arrival.job
    rows = {str(row.get("id")): row.get("kind") for row in arrival.archive.rows("files")}
    known = dict(StoredFile.objects.filter(job=job).values_list("name", "blob"))
    stored, seen = dict[UUID, tuple[str, int, UUID]](), dict[UUID, str]()
    for path in arrival.archive.stored():
        name = UUID(path.removeprefix("files/"))
        if str(name) not in rows:
            raise BadArchive(f"{path} belongs to no row.")
        data = arrival.archive.read(path)
        kind = Blob.Kind.IMAGE if rows[str(name)] == Blob.Kind.IMAGE else Blob.Kind.PAYLOAD
        if kind == Blob.Kind.IMAGE:
            seen[name] = _media_type(data, path)
        if name not in known:
            _go(job, Status.STORING)
            blob = files.store(data, kind=kind)
            StoredFile.objects.create(job=job, name=name, blob=blob)
        else:
            blob = Blob.objects.get(pk=known[name])
        stored[name] = (blob.sha256, blob.size, blob.pk)
    missing = {UUID(each.path.removeprefix("files/")) for each in arrival.archive.manifest.missing}
    arrival.kept |= {"stored": stored, "missing": missing}
    arrival.kept["pictures"] = {stored[name][2]: media for name, media in seen.items()}


def _media_type(data: bytes, path: str) -> str:
    try:
        media_type, clean = pictures.cleaned(data)
    except NoImage as error:
        raise BadArchive(f"{path} is no picture.") from error
    if clean != data:
        raise BadArchive(f"{path} is no picture as the product keeps it: it tells of itself.")
    return media_type


def _write(arrival: Arrival) -> None:
    """Write all rows, and that it is done, in one transaction."""
    job = arrival.job
    with beside(lambda done: _told(job.pk, done)) as other:

        def tell(done: int) -> None:
            if workers.draining.is_set() or not other.tell(done):
                raise Ended

        with transaction.atomic(durable=True):
            if not _is_first(job):
                raise Ended
            check_empty()
            writing.write(arrival, tell)
            _finish(arrival)
    files.take_out_or_later()


def _told(job_id: UUID, done: int) -> bool:
    carrying.hold(CHORE, job_id)
    return bool(Import.objects.filter(pk=job_id).going_on().update(done=done))


def _is_first(job: Import) -> bool:
    """Take the right to write; False where another worker has it, or has done it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [job.pk.int & (2**63 - 1)])
        is_ours = bool(cursor.fetchone()[0])
    return is_ours and Import.objects.filter(pk=job.pk).going_on().exists()


def _finish(arrival: Arrival) -> None:
    job, report = arrival.job, arrival.report()
    done = Import.objects.filter(pk=job.pk).going_on().update(
        status=Status.DONE, done=arrival.archive.total, report=report, sealed="", trouble="",
        finished_at=timezone.now(),
    )  # fmt: skip
    if not done:
        raise Ended
    job.refresh_from_db()
    told = {"archive": job.archive, "workspace": job.source, "rows": sum(arrival.came.values())}
    record("archive.imported", actor=arrival.actor, target=job, after=told)
    let_go(job.pk)
    news.announce()
    telling.tell_imported(job)


@transaction.atomic
def fail(job_id: UUID, why: str) -> None:
    """End an import that cannot come to its end; nothing of it stays."""
    failed = Import.objects.filter(pk=job_id).going_on()
    if failed.update(
        status=Status.FAILED, trouble=why[:500], finished_at=timezone.now(), sealed=""
    ):
        job = Import.objects.get(pk=job_id)
        record("archive.import_failed", actor=job.started_by, target=job, after={"why": why[:500]})
        telling.tell_import_failed(job)
        let_go(job_id)


def let_go(job_id: UUID) -> None:
    """Forget the bytes of an import; what rows refer to stays."""
    chores.done(CHORE, [job_id])
    chores.done(FORGET, [job_id])
    held = [
        *ImportPiece.objects.filter(job=job_id).values_list("blob", flat=True),
        *StoredFile.objects.filter(job=job_id).values_list("blob", flat=True),
    ]
    ImportPiece.objects.filter(job=job_id).delete()
    StoredFile.objects.filter(job=job_id).delete()
    with suppress(IntegrityError), transaction.atomic():
        files.discard(held)  # else the sweep will


def forget(job_id: UUID) -> None:
    """Forget an upload that nobody started. Safe to repeat."""
    with transaction.atomic():
        job = Import.objects.filter(pk=job_id, status=Status.UPLOADING).first()
        if job is not None:
            let_go(job_id)
            job.delete()
        chores.done(FORGET, [job_id])
    files.take_out_or_later()
