"""What people have done with the audit trail: walks along its chain, copies of it, and where it is sent to."""

from typing import Self

from django.db import models
from django.db.models import Q, Value
from django.utils import timezone

from apps.accounts.models import User
from apps.common.models import TimestampedModel
from apps.files.models import Blob


class Job(TimestampedModel):
    """Something that takes a while: whoever takes it up after a crash goes on where it stood."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"

    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    done = models.PositiveBigIntegerField(default=0)  # entries that are behind it
    total = models.PositiveBigIntegerField(default=0)  # entries there were when it began
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ["-created_at"]

    @property
    def percent(self) -> int:
        """How much is behind it."""
        return min(100, 100 * self.done // self.total) if self.total else 0


class VerificationQuerySet(models.QuerySet["Verification"]):
    """Reads of verifications; every method returns a queryset."""

    def unfinished(self) -> Self:
        """Keep what is still to be carried to its end."""
        return self.exclude(status=Job.Status.DONE)


class Verification(Job):
    """One walk along the whole chain that somebody asked for.

    What it found is also kept as a check (`audit.Check`), from which no later one may fall back.
    """

    place = models.CharField(max_length=90, blank=True)  # `number:hash` of the last link that holds
    begun = models.PositiveSmallIntegerField(default=1)  # how often it began at the beginning
    wrong = models.CharField(max_length=200, blank=True)

    objects = VerificationQuerySet.as_manager()

    class Meta(Job.Meta):
        constraints = [
            models.UniqueConstraint(
                Value(1), condition=~Q(status="done"), name="oversight_one_verification"
            )
        ]

    def __str__(self) -> str:
        return f"verification {self.created_at:%Y-%m-%d %H:%M}"


class ExportQuerySet(models.QuerySet["Export"]):
    """Reads of exports; every method returns a queryset."""

    def unfinished(self) -> Self:
        """Keep what is still to be written."""
        return self.exclude(status=Job.Status.DONE)


class Export(Job):
    """A copy of a part of the trail, for the one who asked, until its time is over.

    It is written in pieces, oldest entry first; how far it is and its last piece are one commit.
    """

    class Format(models.TextChoices):
        JSONL = "jsonl"
        CSV = "csv"

    format = models.CharField(max_length=8, choices=Format)
    filters = models.JSONField(default=dict)  # as `searching.filtered` takes them
    newest = models.UUIDField(null=True)  # the last entry there was when it was asked for
    after = models.UUIDField(null=True)  # the last entry that is written
    size = models.PositiveBigIntegerField(default=0)
    trouble = models.CharField(max_length=200, blank=True)  # why it stands still
    expires_at = models.DateTimeField(null=True)

    objects = ExportQuerySet.as_manager()

    class Meta(Job.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["started_by"], condition=~Q(status="done"), name="oversight_one_export_each"
            )
        ]

    def __str__(self) -> str:
        return f"audit-{self.created_at:%Y-%m-%d-%H%M}.{self.format}"

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()


class Piece(models.Model):
    """One piece of an export; one after the other they are the file."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="oversight_piece_once")
        ]

    def __str__(self) -> str:
        return f"{self.export} {self.number}"


class StreamQuerySet(models.QuerySet["Stream"]):
    """Reads of streams; every method returns a queryset."""

    def live(self) -> Self:
        """Keep those that are not paused."""
        return self.filter(paused_at=None)


class Stream(TimestampedModel):
    """A place outside that each entry of the trail is sent to, at least once and in order.

    The cursor is the number in the chain of the last entry that arrived: numbers have no gaps, so
    nothing is passed over, whenever it was committed.
    """

    class Kind(models.TextChoices):
        WEBHOOK = "webhook"
        SYSLOG = "syslog"
        S3 = "s3", "S3"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    config = models.JSONField()  # as `sending.configs` describes it; no secret
    sealed = models.TextField(blank=True)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    cursor = models.BigIntegerField(default=0)
    sent = models.PositiveBigIntegerField(default=0)
    missed = models.PositiveBigIntegerField(default=0)  # deleted by rule before they could be sent
    sent_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    error = models.CharField(max_length=300, blank=True)  # the last one; stays until it is over
    failed_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)

    objects = StreamQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """`paused`, `retrying` while what is sent does not arrive, else `active`."""
        if self.paused_at:
            return "paused"
        return "retrying" if self.failures else "active"
