"""Rules, legal holds, and the jobs that delete what the rules no longer keep."""

from typing import Any, Self

from django.db import models
from django.db.models import Q, Value

from apps.accounts.models import User
from apps.common.models import TimestampedModel
from apps.workflows.models import Workflow


class RetentionRule(models.Model):
    """How many days a class of data is kept; none: for ever. Without a row the default counts."""

    name = models.CharField(max_length=16, primary_key=True)  # of a class in `classes`
    days = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.days or 'for ever'}"


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    """Reads of holds; every method returns a queryset."""

    def active(self) -> Self:
        """Keep those that nobody has released."""
        return self.filter(released_at=None)


class LegalHold(TimestampedModel):
    """A word that nothing may be deleted: of one workflow, or without one of the whole workspace.

    A workflow can be purged once its hold is released; the label still says what was held.
    """

    workflow = models.ForeignKey(
        Workflow, null=True, on_delete=models.SET_NULL, related_name="legal_holds"
    )
    label = models.CharField(max_length=200)
    reason = models.CharField(max_length=400)
    placed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["workflow"],
                condition=Q(released_at=None),
                nulls_distinct=False,
                name="retention_one_hold_each",
            )
        ]

    def __str__(self) -> str:
        return self.label


class RetentionJobQuerySet(models.QuerySet["RetentionJob"]):
    """Reads of jobs; every method returns a queryset."""

    def unfinished(self) -> Self:
        """Keep what is still to be carried to its end."""
        return self.exclude(status=RetentionJob.Status.DONE)


class RetentionJob(TimestampedModel):
    """One deletion of all that is over its time: how far it is, and in the end what proves it.

    The plan is fixed when the job is made, so that whoever takes it up after a crash deletes the
    same. `digest` chains the ids of what was deleted, each batch in the transaction that deletes it.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule"
        MANUAL = "manual"

    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    trigger = models.CharField(max_length=8, choices=Trigger)
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    plan = models.JSONField(default=list)  # [{"name": class, "before": ISO time}], in order
    stage = models.PositiveSmallIntegerField(default=0)  # which part of the plan it is at
    counts = models.JSONField(default=dict)  # class -> how many were deleted
    digest = models.CharField(max_length=64, blank=True)
    trouble = models.CharField(max_length=200, blank=True)  # why it stands still
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = RetentionJobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                Value(1), condition=~Q(status="done"), name="retention_one_job_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"deletion {self.created_at:%Y-%m-%d}"

    @property
    def deleted(self) -> int:
        """How many things were deleted so far."""
        counts: dict[str, Any] = self.counts
        return sum(counts.values())

    @property
    def percent(self) -> int:
        """How much of the plan is behind it."""
        return 100 * self.stage // len(self.plan) if self.plan else 100
