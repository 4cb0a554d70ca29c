"""What is stored, and what is still to be taken out of the storage."""

from collections.abc import Iterator
from datetime import datetime
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Exists, ForeignObjectRel, OuterRef, QuerySet

from apps.common.ids import uuid7


class BlobQuerySet(models.QuerySet["Blob"]):
    """Reads of blobs; every method returns a queryset."""

    def unreferenced(self) -> Self:
        """Keep those that no row of any app points to; a foreign key is all an app needs."""
        kept = self
        for model, field in referring():
            kept = kept.exclude(Exists(QuerySet(model).filter(**{field: OuterRef("pk")})))
        return kept

    def present(self) -> Self:
        """Keep those whose bytes were not removed."""
        return self.filter(removed_at=None)

    def made_before(self, moment: datetime) -> Self:
        """Keep those that were made before a moment."""
        return self.filter(created_at__lt=moment)


class Blob(models.Model):
    """A handle on stored bytes: their hash and size in clear, where they lie, which key seals them.

    The row is there before the bytes, so that whatever a crash leaves behind is known by a row.
    """

    class Kind(models.TextChoices):
        PAYLOAD = "payload"  # an input or output of a run
        IMAGE = "image"  # a picture in a runbook
        EXPORT = "export"  # a piece of a copy that somebody asked for

    id: "models.UUIDField[UUID, UUID]" = models.UUIDField(
        primary_key=True, default=uuid7, editable=False
    )
    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=140, unique=True)  # in the storage; begins with the schema
    sha256 = models.CharField(max_length=64)  # of what was given, not of what is stored
    size = models.PositiveBigIntegerField()
    key_id = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    # When retention took the bytes; the row stays as long as something refers to it.
    removed_at = models.DateTimeField(null=True)

    objects = BlobQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)


def referring() -> Iterator[tuple[type[models.Model], str]]:
    """Yield the models that refer to blobs, with the name of their foreign key."""
    for field in Blob._meta.get_fields(include_hidden=True):
        if isinstance(field, ForeignObjectRel) and isinstance(field.related_model, type):
            yield field.related_model, field.field.name


class Discarded(models.Model):
    """Stored bytes whose blob is gone; the row stays until the storage has let go of them."""

    name = models.CharField(max_length=140, primary_key=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "discarded"

    def __str__(self) -> str:
        return self.name
