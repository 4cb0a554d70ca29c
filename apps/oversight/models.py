"""Jobs about the audit trail: walks along its chain that people asked for."""

from typing import Self

from django.db import models
from django.db.models import Q, Value

from apps.accounts.models import User
from apps.common.models import TimestampedModel


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
