"""Packs and the parts that they are written in."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from apps.accounts.models import User
from apps.common.models import TimestampedModel
from apps.common.types import JSONDict
from apps.files.models import Blob


class PackQuerySet(models.QuerySet["Pack"]):
    """Reads of packs; every method returns a queryset."""

    def unfinished(self) -> Self:
        """Keep what is still to be written."""
        return self.filter(status__in=Pack.UNFINISHED)


class Pack(TimestampedModel):
    """One file of evidence about a period: how far it is, and what it ended as.

    It is written part by part; a part and the place behind it are one commit, so that whoever comes after
    a crash goes on there.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        CANCELLED = "cancelled"

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()
    stage = models.PositiveSmallIntegerField(default=0)  # which section it is at
    cursor: "models.JSONField[JSONDict, JSONDict]" = models.JSONField(default=dict)
    facts: "models.JSONField[JSONDict, JSONDict]" = models.JSONField(
        default=dict
    )  # for later sections
    done = models.PositiveBigIntegerField(default=0)  # entries of the trail that are written
    total = models.PositiveBigIntegerField(default=0)  # entries there were when it was asked for
    size = models.PositiveBigIntegerField(default=0)
    trouble = models.CharField(max_length=200, blank=True)  # why it stands still
    wrong = models.CharField(max_length=200, blank=True)  # with the trail, in its period
    manifest = models.CharField(max_length=64, blank=True)  # SHA-256 of the manifest
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = PackQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["asked_by"],
                condition=Q(status__in=("queued", "running")),
                name="evidence_one_pack_each",
            )
        ]

    def __str__(self) -> str:
        return f"evidence-{self.since:%Y-%m-%d}-{self.until:%Y-%m-%d}-{self.created_at:%H%M%S}.zip"

    @property
    def percent(self) -> int:
        """How much of the trail is behind it."""
        if self.status == self.Status.DONE:
            return 100
        return min(99, 100 * self.done // self.total) if self.total else 0

    @property
    def is_unfinished(self) -> bool:
        """Whether it is still written."""
        return self.status in self.UNFINISHED

    @property
    def period(self) -> tuple[datetime, datetime]:
        """Begin and end of what it tells of."""
        return self.since, self.until


class Part(models.Model):
    """One file in a pack, packed as it is in the ZIP; the last one is the directory of all."""

    pack = models.ForeignKey(Pack, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    packed = models.PositiveBigIntegerField(default=0)  # of its bytes alone
    crc = models.BigIntegerField(default=0)
    offset = models.PositiveBigIntegerField(default=0)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["pack", "number"], name="evidence_part_once")
        ]

    def __str__(self) -> str:
        return self.name or "directory"
