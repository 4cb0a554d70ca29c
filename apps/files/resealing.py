"""Giving stored bytes to another data key: under another name, so that readers find the one or the other."""

import logging
from collections.abc import Iterator
from uuid import UUID

from django.db import transaction

from apps.common.ids import uuid7
from apps.files.exceptions import BlobAltered, BlobMissing, BlobRemoved
from apps.files.models import Blob, BlobQuerySet, Discarded
from apps.files.services import context_of, load, name_of
from apps.files.storage import storage
from apps.vault import services as vault

logger = logging.getLogger(__name__)

BATCH = 20


class SealedBlobs:
    """The blobs of a workspace."""

    place = "files_blob"

    def left(self, key_id: UUID) -> int:
        """Return how many are sealed with another key than this one."""
        return self._others(key_id).count()

    def reseal(self, key_id: UUID) -> Iterator[int]:
        """Seal them with the current key, some at a time. Raises StorageAway."""
        blobs = list(self._others(key_id).order_by("pk")[:BATCH])
        while blobs:
            for blob in blobs:
                _seal_again(blob, key_id)
            yield len(blobs)
            blobs = list(self._others(key_id).filter(pk__gt=blobs[-1].pk).order_by("pk")[:BATCH])

    def _others(self, key_id: UUID) -> BlobQuerySet:
        return Blob.objects.present().exclude(key_id=key_id)


def _seal_again(blob: Blob, key_id: UUID) -> None:
    try:
        data = load(blob)
    except (BlobRemoved, BlobMissing, BlobAltered) as error:
        logger.error("Blob %s is not sealed again: %s", blob.pk, error.detail)
        return
    # A row of its own until the bytes are taken over: what a crash leaves behind is swept.
    place = uuid7()
    fresh = Blob.objects.create(
        id=place, kind=blob.kind, name=name_of(place), sha256=blob.sha256, size=blob.size,
        key_id=key_id,
    )  # fmt: skip
    storage().put(fresh.name, vault.seal_bytes(data, key_id=key_id, context=context_of(blob)))
    _take_over(blob, fresh)


@transaction.atomic
def _take_over(blob: Blob, fresh: Blob) -> None:
    """Let the blob have the bytes of the fresh one; the ones before are taken out by the next sweep."""
    fresh.delete()
    same = Blob.objects.present().filter(pk=blob.pk, name=blob.name)
    taken = same.update(name=fresh.name, key_id=fresh.key_id)
    Discarded.objects.create(name=blob.name if taken else fresh.name)
