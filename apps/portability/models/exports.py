"""Archives of the workspace: the job that writes one, its moment, its files, and its pieces."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.common.models import TimestampedModel
from apps.files.models import Blob
from apps.files.zips import Record


class ExportQuerySet(models.QuerySet["Export"]):
    """Reads of exports; every method returns a queryset."""

    def unfinished(self) -> Self:
        """Keep what is still to be written."""
        return self.filter(status__in=Export.GOING_ON)

    def in_state(self, state: str) -> Self:
        """Keep those whose `state` is this; all of them for a word that is none."""
        over = Q(status=Export.Status.DONE, expires_at__lte=timezone.now())
        if state == "going":
            return self.unfinished()
        if state == "ready":
            return self.filter(status=Export.Status.DONE).exclude(over)
        if state == "expired":
            return self.filter(over)
        return self.filter(status=state) if state in {"cancelled", "failed"} else self


class Export(TimestampedModel):
    """An archive that somebody asked for: written as a job, there until its time is over."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        READING = "reading"
        PACKING = "packing"
        DONE = "done"
        CANCELLED = "cancelled"
        FAILED = "failed"

    GOING_ON = frozenset({Status.QUEUED, Status.READING, Status.PACKING})

    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED)
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    rows = models.PositiveBigIntegerField(default=0)  # that were read
    done = models.PositiveBigIntegerField(default=0)  # files that are packed
    total = models.PositiveBigIntegerField(default=0)  # files there are to pack
    size = models.PositiveBigIntegerField(default=0)
    trouble = models.CharField(max_length=300, blank=True)  # why it stands still, or ended
    with_secrets = models.BooleanField(default=False)
    salt = models.BinaryField(default=bytes)
    sealed = models.TextField(blank=True)  # the key of the passphrase, until the rows are read
    terms = models.JSONField(null=True)  # what the manifest says of secrets
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["started_by"],
                condition=Q(status__in=["queued", "reading", "packing"]),
                name="portability_one_export_each",
            )
        ]

    def __str__(self) -> str:
        return f"workspace-{self.created_at:%Y-%m-%d-%H%M}.zip"

    @property
    def is_going_on(self) -> bool:
        """Whether it is still being written."""
        return self.status in self.GOING_ON

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_ready(self) -> bool:
        """Whether it can be fetched."""
        return self.status == self.Status.DONE and not self.is_expired

    @property
    def percent(self) -> int:
        """How much of it is packed."""
        return min(100, 100 * self.done // self.total) if self.total else 0

    @property
    def seal_context(self) -> str:
        """What the kept key is bound to."""
        return f"portability.export:{self.pk}"


class Snapshot(models.Model):
    """That all rows of one moment were read: committed with what was read, or not there."""

    export = models.OneToOneField(Export, on_delete=models.CASCADE, related_name="snapshot")
    moment = models.DateTimeField()
    rows = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.export_id} {self.moment:%Y-%m-%d %H:%M:%S}"


class Part(models.Model):
    """One file of an archive. Until it is packed the row holds its bytes, or what stores them."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    path = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    rows = models.PositiveIntegerField(null=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    crc = models.PositiveBigIntegerField(default=0)
    packed = models.PositiveBigIntegerField(default=0)
    data = models.BinaryField(null=True)  # compressed
    # Keeps the bytes from deletion until they are packed.
    blob = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT, related_name="+")
    offset = models.PositiveBigIntegerField(null=True)  # in the archive, once packed
    missing = models.CharField(max_length=200, blank=True)  # why its bytes are not in it

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="portability_part_once")
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def as_record(self) -> Record:
        """What the archive's directory says of it."""
        return Record(self.path, self.crc, self.size, self.packed, self.offset or 0)


class Piece(models.Model):
    """One piece of an archive; one after the other they are the file."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="portability_piece_once")
        ]

    def __str__(self) -> str:
        return f"{self.export} {self.number}"
