"""What the steps of runs did, what happened in order, and results that may be used again."""

from decimal import Decimal
from functools import cache
from typing import Any

from django.db import models

from apps.common.types import JSON
from apps.files.models import Blob
from apps.runs.models.references import blob, index_of
from apps.runs.models.runs import Run
from apps.workflows.models import Workflow

FRAME_LENGTH = 400


class NodeRun(models.Model):
    """What one step of a run got, did and gave. Steps that were not reached have none."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        WAITING = "waiting"
        RETRYING = "retrying"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        SKIPPED = "skipped"
        CANCELLED = "cancelled"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="nodes")
    # The round in which the step lies, such as `each_1.3`; empty for the workflow's own steps.
    frame = models.CharField(max_length=FRAME_LENGTH, blank=True)
    place = models.PositiveIntegerField()  # in the topological order of its graph
    node = models.CharField(max_length=63)
    type = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status)
    attempt = models.PositiveSmallIntegerField(default=1)
    input = models.JSONField(null=True)
    output = models.JSONField(null=True)
    error = models.JSONField(null=True)
    port = models.CharField(max_length=80, blank=True)  # empty: every port but `error`
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cost_usd = models.DecimalField(max_digits=18, decimal_places=10, default=Decimal(0))
    tokens = models.PositiveBigIntegerField(default=0)
    # What the result cost when it was made, where it was used again: see `runs.caching`.
    saved_usd = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    # Empty where nothing could be measured: what waits for the network shares one thread.
    cpu_ms = models.FloatField(null=True)
    peak_kb = models.PositiveIntegerField(null=True)
    pinned = models.BooleanField(default=False)  # its output was given, it never ran
    logs = models.JSONField(default=list)
    input_blob = blob()
    output_blob = blob()

    class Meta:
        ordering = ["frame", "place"]
        constraints = [
            models.UniqueConstraint(fields=["run", "frame", "place"], name="runs_node_once")
        ]
        indexes = [index_of("input_blob"), index_of("output_blob")]

    def __str__(self) -> str:
        return f"{self.node} {self.status}"

    def hold(self, name: str, shown: JSON, blob: Blob | None) -> None:
        """Note an `input` or `output`: the value itself, or its beginning and where it is."""
        setattr(self, name, shown)
        if blob is not None or getattr(self, f"{name}_blob_id") is not None:  # mostly neither
            setattr(self, f"{name}_blob", blob)

    @classmethod
    def made(cls, **given: Any) -> "NodeRun":
        """Return a new row as `NodeRun(...)` does, from what its columns hold.

        A run makes one for each of its steps: values by their place take Django a tenth of the
        time that values by name do.
        """
        return cls(*{**_defaults(), "logs": [], **given}.values())


@cache
def _defaults() -> dict[str, Any]:
    """Return what the columns of a step's row hold at first, in their order."""
    return {each.attname: each.get_default() for each in NodeRun._meta.concrete_fields}


class RunEvent(models.Model):
    """Something that happened in a run; `seq` counts without gaps from 1. Only ever added."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events", db_index=False)
    seq = models.PositiveBigIntegerField()
    type = models.CharField(max_length=24)
    at = models.DateTimeField()
    frame = models.CharField(max_length=FRAME_LENGTH, blank=True)
    node = models.CharField(max_length=63, blank=True)
    attempt = models.PositiveSmallIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="runs_event_once")]

    def __str__(self) -> str:
        return f"#{self.seq} {self.type}"


class KeptResult(models.Model):
    """What a step gave, to be used again for a time: see `runs.caching`."""

    key = models.CharField(max_length=64, primary_key=True)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    output = models.JSONField(null=True)
    port = models.CharField(max_length=80, blank=True)
    cost_usd = models.DecimalField(max_digits=18, decimal_places=10)
    tokens = models.PositiveBigIntegerField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:8]} until {self.expires_at:%Y-%m-%d %H:%M}"
