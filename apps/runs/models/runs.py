"""Runs: which version, for whom, how far, and how they end."""

from datetime import datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.common.models import TimestampedModel
from apps.runs.models.references import blob, index_of
from apps.tenants.keys import group_name
from apps.workflows.models import Workflow, WorkflowVersion


class RunQuerySet(models.QuerySet["Run"]):
    """Reads of runs; every method returns a queryset."""

    def unfinished(self) -> Self:
        """Keep those that go on, now or after a wait."""
        return self.exclude(status__in=Run.FINISHED)

    def matching(
        self,
        *,
        status: str = "",
        workflow: UUID | str | None = None,
        trigger: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Self:
        """Keep those of a status, workflow and trigger, made in a span of time."""
        wanted = {
            "status": status,
            "workflow": workflow,
            "trigger": trigger,
            "created_at__gte": since,
            "created_at__lt": until,
        }
        return self.filter(**{key: value for key, value in wanted.items() if value})


class Run(TimestampedModel):
    """One execution of a workflow version that never changes under it."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        WAITING = "waiting"
        PAUSED = "paused"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"
        TIMED_OUT = "timed_out"
        NEEDS_ATTENTION = "needs_attention"

    class Trigger(models.TextChoices):
        MANUAL = "manual"
        API = "api"
        RETRY = "retry"
        STEP = "step"  # of another run
        SCHEDULE = "schedule"
        WEBHOOK = "webhook"
        EVENT = "event"

    FINISHED = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELLED, Status.TIMED_OUT})

    # When it was asked for: it may be over before it is written down.
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="runs")
    # A version with runs stays; purging its workflow takes both.
    version = models.ForeignKey(WorkflowVersion, on_delete=models.RESTRICT, related_name="runs")
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    trigger = models.CharField(max_length=12, choices=Trigger, default=Trigger.MANUAL)
    inputs = models.JSONField(default=dict)
    outputs = models.JSONField(null=True)
    error = models.JSONField(null=True)
    # Values too large for a row are blobs; what stands in the row is then their beginning.
    inputs_blob = blob()
    outputs_blob = blob()
    edited_blob = blob()
    # When retention took the timeline and the logs of its steps.
    history_removed_at = models.DateTimeField(null=True)
    # One byte for each of the workflow's own steps, and the open rounds: see `runs.course`.
    state = models.BinaryField(default=bytes)
    loops = models.JSONField(default=dict)
    seq = models.PositiveBigIntegerField(default=0)  # of the last event
    steps = models.PositiveIntegerField(default=0)  # attempts made, against the limit of a run
    cost_usd = models.DecimalField(max_digits=18, decimal_places=10, default=Decimal(0))
    tokens = models.PositiveBigIntegerField(default=0)
    started_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="started_runs"
    )
    # The key that asked the workflow as a model, on whose account its steps' calls go: no foreign key.
    key_id = models.UUIDField(null=True)
    retry_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="retries"
    )
    # What asked for it, where asking twice must not start two.
    dedupe_key = models.CharField(max_length=120, blank=True, default="")
    # Under what a result is used again, and whose result this run has: see `runs.caching`.
    cache_key = models.CharField(max_length=64, blank=True, default="")
    cached_from = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="answered"
    )
    saved_usd = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    # The run of whose step this is the inner run, or a chunk: {"node": id, "first", "count"}.
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    depth = models.PositiveSmallIntegerField(default=0)
    chunk = models.JSONField(null=True)
    # The end that it has once what was done is taken back: {"status", "error", "undo": [places]}.
    ending = models.JSONField(null=True)
    # The first run of a line of retries: idempotency keys are derived from it.
    root_id = models.UUIDField(default=uuid7)
    # How often a step was deliberately run anew, by its id: then its key differs.
    generations = models.JSONField(default=dict)
    # What a person put in place of a step's input: {"node": id, "prev": value}.
    edited = models.JSONField(null=True)
    # What people said of steps whose outcome was not known, until it is taken in.
    answers = models.JSONField(default=dict)
    # Which steps it does, where that is not all of them, and what is pinned: see `runs.parts`.
    part = models.JSONField(null=True)
    # What pinned steps give when their turn comes: {node: {"output": value, "port": name}}.
    pins = models.JSONField(default=dict)
    # The run under which values of its family are withheld; empty where none is.
    veil_id = models.UUIDField(null=True)
    # Without it, what it gets and gives is sealed while it goes on, and erased after its end.
    keeps_payloads = models.BooleanField(default=True)
    # When the values that were withheld were erased for good.
    erased_at = models.DateTimeField(null=True)
    # What was measured of its steps (`runs.effects`): the sum, and the most of any one.
    cpu_ms = models.FloatField(default=0)
    peak_kb = models.PositiveIntegerField(null=True)
    deadline_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-created_at"], name="runs_recent"),
            models.Index(fields=["workflow", "-created_at"], name="runs_of_workflow"),
            models.Index(fields=["status", "-created_at"], name="runs_by_status"),
            models.Index(
                fields=["cache_key", "-finished_at"],
                condition=~Q(cache_key="") & Q(status="succeeded"),
                name="runs_by_cache_key",
            ),
            index_of("inputs_blob"),
            index_of("outputs_blob"),
            index_of("edited_blob"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe_key"], condition=~Q(dedupe_key=""), name="runs_dedupe_key_once"
            )
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def is_finished(self) -> bool:
        """Whether nothing of it will happen any more."""
        return self.status in self.FINISHED

    @property
    def is_from_cache(self) -> bool:
        """Whether no step ran, because an earlier run had the same to do."""
        return self.saved_usd is not None

    @property
    def channel(self) -> str:
        """The channel group of whoever watches the run."""
        return group_name(f"run.{self.pk}")
