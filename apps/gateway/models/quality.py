"""What was learnt of models: how often answers of a class of calls passed their check, lately."""

from typing import Self

from django.db import models
from django.utils import timezone

from apps.common.ids import uuid7

MOST_KNOWN = 2_000  # of a workspace, the latest: models named by programs can be many


class TaskQualityQuerySet(models.QuerySet["TaskQuality"]):
    """Reads of what was learnt."""

    def latest_known(self) -> Self:
        """Keep what was learnt last, as many as a process remembers."""
        return self.order_by("-learnt_at")[:MOST_KNOWN]


class TaskQuality(models.Model):
    """How one model did at one class of calls; counts fade, so that what is old weighs less.

    Rows are merged by those who write the ledger, a batch at a time (`learning`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    task = models.CharField(max_length=40)
    model = models.CharField(max_length=264)  # as provider/model
    passed = models.FloatField(default=0)
    failed = models.FloatField(default=0)
    input_tokens = models.FloatField(default=0)
    cached_tokens = models.FloatField(default=0)
    learnt_at = models.DateTimeField(default=timezone.now)

    objects = TaskQualityQuerySet.as_manager()

    class Meta:
        ordering = ["task", "model"]
        constraints = [models.UniqueConstraint(fields=["task", "model"], name="gateway_quality_of")]
        indexes = [models.Index(fields=["-learnt_at"], name="gateway_quality_latest")]

    def __str__(self) -> str:
        return f"{self.model} at {self.task}"
