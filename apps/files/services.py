"""Storing bytes of a workspace and getting them back; and the sweep, which takes out what is no longer used.

A row is committed, then the bytes are written, then somebody commits a reference to the row: a
reference that was committed always resolves, and what a crash leaves behind is a row to which
nobody points. The storage is never asked inside of a transaction.
"""

import hashlib
import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.common.ids import uuid7
from apps.files.exceptions import BlobAltered, BlobMissing, BlobRemoved, BlobTooLarge, StorageAway
from apps.files.models import Blob, Discarded
from apps.files.storage import storage
from apps.tenants.context import current_schema
from apps.vault import services as vault
from apps.vault.exceptions import CannotUnseal

logger = logging.getLogger(__name__)

MAX_BYTES = 40 << 20  # an output of 32 MiB, with room for how JSON is written
OVERHEAD = 64  # that sealing may add
# How long bytes may wait for the row that refers to them: longer than any outage of the database.
GRACE = timedelta(hours=24)
BATCH = 100


def store(data: bytes, *, kind: str = Blob.Kind.PAYLOAD) -> Blob:
    """Keep bytes, sealed and durable when this returns. Raises StorageAway, BlobTooLarge.

    Whoever keeps the blob must refer to it by a foreign key within the grace. Never call it inside
    of a transaction: that raises RuntimeError.
    """
    if len(data) > MAX_BYTES:
        raise BlobTooLarge
    blob_id = uuid7()
    with transaction.atomic(durable=True):
        blob = Blob.objects.create(
            id=blob_id,
            kind=kind,
            name=name_of(blob_id),
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            key_id=vault.current_key_id(),
        )
    sealed = vault.seal_bytes(data, key_id=blob.key_id, context=context_of(blob))
    storage().put(blob.name, sealed)
    return blob


def load(blob: Blob) -> bytes:
    """Return the bytes of a blob, which are those that were stored or none.

    Raises StorageAway, BlobRemoved, BlobMissing, BlobAltered; the last two are logged with the
    blob's id. Never call it inside of a transaction.
    """
    if blob.removed_at is not None:
        raise BlobRemoved
    with transaction.atomic(durable=True):
        pass  # only says that nobody holds a transaction open while the storage is asked
    try:
        return _checked(blob, storage().get(blob.name, blob.size + OVERHEAD))
    except (BlobMissing, BlobAltered) as error:
        moved = Blob.objects.filter(pk=blob.pk).exclude(name=blob.name).first()
        if moved is not None:  # it was sealed with another key since the row was read
            return load(moved)
        logger.error("Blob %s of %s: %s", blob.pk, current_schema(), error.detail)
        raise


def may_ask() -> bool:
    """Tell whether the storage may be asked here: nobody holds a transaction open."""
    try:
        with transaction.atomic(durable=True):
            return True
    except RuntimeError:
        return False


def discard(ids: Sequence[UUID]) -> int:
    """Delete blobs that nobody refers to and note their bytes to be taken out; return how many.

    In one transaction: a reference that is made at the same time either comes first and keeps its
    blob, or is refused.
    """
    doomed = Blob.objects.filter(pk__in=ids).unreferenced()
    with transaction.atomic():
        names = list(doomed.values_list("name", flat=True))
        Discarded.objects.bulk_create([Discarded(name=n) for n in names], ignore_conflicts=True)
        Blob.objects.filter(name__in=names).delete()
    return len(names)


def remove(ids: Sequence[UUID]) -> None:
    """Note that the bytes of blobs are to be taken out; what refers to them says so from now on.

    For use in the caller's transaction; `take_out` then empties the storage.
    """
    names = Blob.objects.filter(pk__in=ids).present().values_list("name", flat=True)
    Discarded.objects.bulk_create([Discarded(name=n) for n in names], ignore_conflicts=True)
    Blob.objects.filter(pk__in=ids).present().update(removed_at=timezone.now())


def sweep() -> list[UUID]:
    """Discard blobs past the grace that nobody refers to, and empty the storage of them.

    Returns their ids. Safe to repeat and to run beside itself. Raises StorageAway; what was
    discarded then is taken out by the next sweep.
    """
    found = list(
        Blob.objects.made_before(timezone.now() - GRACE)
        .unreferenced()
        .order_by("created_at")
        .values_list("pk", flat=True)
    )
    gone: list[UUID] = []
    for start in range(0, len(found), BATCH):
        gone += _discarded(found[start : start + BATCH])
    take_out()
    return gone


def take_out() -> None:
    """Empty the storage of what was discarded. Raises StorageAway."""
    for discarded in Discarded.objects.order_by("created_at"):
        storage().delete(discarded.name)
        discarded.delete()


def take_out_or_later() -> None:
    """Empty the storage of what was discarded; while it is away that is left to the next deletion."""
    try:
        take_out()
    except StorageAway:
        logger.warning("Discarded bytes wait for the file storage.")


def _discarded(ids: list[UUID]) -> list[UUID]:
    """Discard a batch; where somebody has just referred to one of them, one by one."""
    try:
        discard(ids)
    except IntegrityError:
        if len(ids) == 1:
            return []
        return [gone for each in ids for gone in _discarded([each])]
    return ids


def _checked(blob: Blob, sealed: bytes) -> bytes:
    try:
        data = vault.unseal_bytes(sealed, key_id=blob.key_id, context=context_of(blob))
    except CannotUnseal as error:
        raise BlobAltered from error
    if len(data) != blob.size or hashlib.sha256(data).hexdigest() != blob.sha256:
        raise BlobAltered
    return data


def name_of(blob_id: UUID) -> str:
    """Return where bytes lie in the storage."""
    return f"{current_schema()}/{blob_id.hex[-2:]}/{blob_id.hex}"


def context_of(blob: Blob) -> str:
    """Return what the bytes of a blob are sealed for."""
    return f"blob:{blob.pk}"
