"""Runs, what their steps did, what happened in order, and what they wait for."""

from datetime import datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from apps.accounts.models import RoleBinding, User
from apps.common.ids import uuid7
from apps.common.models import TimestampedModel
from apps.tenants.keys import group_name
from apps.workflows.models import Workflow, WorkflowVersion

FRAME_LENGTH = 400


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

    FINISHED = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELLED, Status.TIMED_OUT})

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="runs")
    # A version with runs stays; purging its workflow takes both.
    version = models.ForeignKey(WorkflowVersion, on_delete=models.RESTRICT, related_name="runs")
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    trigger = models.CharField(max_length=12, choices=Trigger, default=Trigger.MANUAL)
    inputs = models.JSONField(default=dict)
    outputs = models.JSONField(null=True)
    error = models.JSONField(null=True)
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
    retry_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="retries"
    )
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
    deadline_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-created_at"], name="runs_recent"),
            models.Index(fields=["workflow", "-created_at"], name="runs_of_workflow"),
            models.Index(fields=["status", "-created_at"], name="runs_by_status"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def is_finished(self) -> bool:
        """Whether nothing of it will happen any more."""
        return self.status in self.FINISHED

    @property
    def channel(self) -> str:
        """The channel group of whoever watches the run."""
        return group_name(f"run.{self.pk}")


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
    logs = models.JSONField(default=list)

    class Meta:
        ordering = ["frame", "place"]
        constraints = [
            models.UniqueConstraint(fields=["run", "frame", "place"], name="runs_node_once")
        ]

    def __str__(self) -> str:
        return f"{self.node} {self.status}"


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


class WaitQuerySet(models.QuerySet["Wait"]):
    """Reads of waits; every method returns a queryset."""

    def approvals(self) -> Self:
        """Keep what people decide."""
        return self.filter(kind=Wait.Kind.APPROVAL)

    def open(self) -> Self:
        """Keep what is not decided yet."""
        return self.filter(status=Wait.Status.OPEN)

    def assigned_to(self, user: User) -> Self:
        """Keep what this person may decide as far as assignment goes: theirs, or nobody's."""
        wanted = Q(assignees=[]) | Q(assignees__contains=[user.email])
        for held in user.bindings:
            named = Q(assignees__contains=[_name_of(held, user)])
            if held.folder:
                named &= Q(run__workflow__folder__path__startswith=held.folder.path)
            wanted |= named
        return self.filter(wanted)


class Wait(TimestampedModel):
    """What a step of a run waits for. It holds no worker, however long it lasts."""

    class Kind(models.TextChoices):
        APPROVAL = "approval"
        DELAY = "delay"
        CHILD = "child"  # another run

    class Status(models.TextChoices):
        OPEN = "open"
        DECIDED = "decided"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="waits")
    frame = models.CharField(max_length=FRAME_LENGTH, blank=True)
    node = models.CharField(max_length=63)
    kind = models.CharField(max_length=8, choices=Kind)
    title = models.CharField(max_length=400, blank=True)
    body = models.TextField(blank=True)
    actions = models.JSONField(default=list)
    assignees = models.JSONField(default=list)  # e-mail addresses or names of roles
    require_reason = models.BooleanField(default=False)
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    decision = models.CharField(max_length=63, blank=True)
    comment = models.TextField(blank=True)
    form = models.JSONField(null=True)
    decided_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="decisions"
    )
    decided_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    child = models.OneToOneField(
        Run, null=True, on_delete=models.CASCADE, related_name="awaited_by"
    )

    objects = WaitQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "frame", "node"], name="runs_wait_once")
        ]
        indexes = [models.Index(fields=["status", "-created_at"], name="runs_waits_by_status")]

    def __str__(self) -> str:
        return self.title or f"wait of {self.node}"

    def is_assigned_to(self, user: User) -> bool:
        """Tell whether this person may decide as far as assignment goes: theirs, or nobody's.

        A role counts where it is held: who is admin of one folder is not asked as one elsewhere.
        """
        folder = self.run.workflow.folder
        held = [each for each in user.bindings if each.covers(folder.path if folder else "")]
        names = {user.email, *(_name_of(each, user) for each in held)}
        return not self.assignees or bool(names & set(self.assignees))


def _name_of(held: RoleBinding, user: User) -> str:
    """Return the role that a person acts in: through a key that may do less, the key's."""
    key = user.acting_key
    return key.role.name if key and not held.role.allowed <= key.allowed else held.role.name
