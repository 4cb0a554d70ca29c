"""Tickets, timers, chores, and who carries them; without customer content.

They live in the public schema, and each belongs to the database role of its workspace: row-level
security shows a role its own rows only, and the owner, who sweeps, all of them. What workers tell
about themselves is the owner's alone.
"""

from typing import Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now

from apps.common.ids import uuid7


class CurrentRole(Func):
    """The database role that the query runs as.

    In the collation of columns: in that of names, which is its own, no index on a role is of use.
    """

    template = '(CURRENT_USER::text COLLATE "default")'
    output_field = models.CharField()


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Reads of tickets."""

    def active(self) -> Self:
        """Keep those that a worker carries or may take."""
        return self.filter(status__in=[Ticket.Status.READY, Ticket.Status.RUNNING])

    def queued(self) -> Self:
        """Keep those that wait for their workspace's turn, or for their workflow's."""
        return self.filter(status__in=[Ticket.Status.PENDING, Ticket.Status.HELD])


class Ticket(models.Model):
    """The right to carry one run on. It exists as long as its run is unfinished."""

    class Status(models.TextChoices):
        HELD = "held"  # waits in the lane of its workflow, which runs often enough at a time
        PENDING = "pending"  # waits for admission
        READY = "ready"
        RUNNING = "running"  # leased to a worker
        WAITING = "waiting"  # for a timer or a person
        PAUSED = "paused"

    class Wish(models.TextChoices):
        NONE = ""
        CANCEL = "cancel"
        PAUSE = "pause"

    id = models.UUIDField(primary_key=True, editable=False)  # the run's id
    role = models.CharField(max_length=63, db_default=CurrentRole())
    status = models.CharField(max_length=8, choices=Status, default=Status.READY)
    priority = models.SmallIntegerField(default=0)
    # Runs of one lane are admitted only so many at a time; no lane, no limit but the workspace's.
    lane = models.UUIDField(null=True)
    lane_cap = models.PositiveSmallIntegerField(null=True)
    # Grows with each claim: whoever holds an older one has lost the right to write.
    fence = models.PositiveBigIntegerField(default=0)
    owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    # When the sweeper rings for it (again).
    due_at = models.DateTimeField(db_default=Now())
    # Counts what a carrier must look at; releasing compares it, so that nothing is missed.
    wake = models.PositiveBigIntegerField(default=0)
    wanted = models.CharField(max_length=6, choices=Wish, default=Wish.NONE, blank=True)
    # Claims since the last finished step whose worker never released.
    strikes = models.PositiveSmallIntegerField(default=0)
    # Paused by its carrier, which knows no way on: a person must look. Each release says it anew.
    needs_attention = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = TicketQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(status__in=["ready", "running"]),
                name="dispatch_ticket_due",
            ),
            models.Index(
                fields=["role", "-priority", "id"],
                condition=Q(status="pending"),
                name="dispatch_ticket_pending",
            ),
            models.Index(
                fields=["role", "id"],
                condition=Q(status__in=["ready", "running"]),
                name="dispatch_ticket_active",
            ),
            models.Index(
                fields=["role", "id"],
                condition=Q(status__in=["pending", "held"]),
                name="dispatch_ticket_queued",
            ),
            models.Index(
                fields=["lane"],
                condition=Q(lane__isnull=False, status__in=["pending", "ready", "running"]),
                name="dispatch_ticket_in_lane",
            ),
            models.Index(
                fields=["lane", "-priority", "id"],
                condition=Q(status="held"),
                name="dispatch_ticket_held",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.status}"


class Timer(models.Model):
    """A moment at which a run must be looked at again."""

    class Kind(models.TextChoices):
        DELAY = "delay"
        RETRY = "retry"
        EXPIRY = "expiry"
        NUDGE = "nudge"  # something to be done about a wait that goes on
        DEADLINE = "deadline"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="timers")
    role = models.CharField(max_length=63, db_default=CurrentRole())
    key = models.CharField(max_length=200, blank=True)  # what in the run it is for
    kind = models.CharField(max_length=8, choices=Kind)
    fire_at = models.DateTimeField()
    # Set by the sweeper in the transaction that wakes the ticket: a timer cannot fire unheard.
    fired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "key", "kind"], name="dispatch_timer_once")
        ]
        indexes = [
            models.Index(fields=["fire_at"], condition=Q(fired_at=None), name="dispatch_timer_due")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.fire_at:%Y-%m-%d %H:%M:%S}"


class Pass(models.Model):
    """The right of one step to reach outside, or its place in the queue for one: see `passes`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # No foreign key: it would lock tickets. What outlives its ticket is swept out.
    ticket_id = models.UUIDField()
    role = models.CharField(max_length=63, db_default=CurrentRole())
    key = models.CharField(max_length=470)  # of the step in the run
    channel = models.UUIDField(null=True)
    cap = models.PositiveIntegerField(null=True)  # of the channel
    # That of the carrier who took it; empty while the step waits.
    fence = models.PositiveBigIntegerField(null=True)
    asked_at = models.DateTimeField(db_default=Now())
    called_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket_id", "key"], name="dispatch_pass_once")
        ]
        indexes = [
            models.Index(fields=["role"], name="dispatch_pass_of_role"),
            models.Index(
                fields=["role", "asked_at"], condition=Q(fence=None), name="dispatch_pass_queued"
            ),
        ]
        verbose_name_plural = "passes"

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.key}"


class TenantLoad(models.Model):
    """What a workspace may take up, and how far its turn has come; without a row the defaults hold.

    How much it takes up now is not kept here: its tickets are counted, so nothing can drift.
    """

    role = models.CharField(primary_key=True, max_length=63, db_default=CurrentRole())
    max_running = models.PositiveIntegerField(null=True, blank=True)
    max_queued = models.PositiveIntegerField(null=True, blank=True)
    max_outside = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    weight = models.PositiveSmallIntegerField(default=1)
    # The time of the queue at which its last admission ended: start-time fair queueing.
    served = models.FloatField(default=0)
    paused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weight__gte=1), name="dispatch_load_has_weight")
        ]
        verbose_name = "quota"

    def __str__(self) -> str:
        return self.role


class Pulse(models.Model):
    """The one row by which the sweep tells all others how it goes."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    swept_at = models.DateTimeField(null=True)
    sweep_ms = models.PositiveIntegerField(default=0)
    # How many more runs the workers can take; where nobody tells, the workspaces' caps decide.
    room = models.IntegerField(default=1)
    turn = models.FloatField(default=0)  # the time of the queue
    admitted = models.PositiveBigIntegerField(default=0)
    rung = models.PositiveBigIntegerField(default=0)
    buried = models.PositiveBigIntegerField(default=0)  # dead letters

    def __str__(self) -> str:
        return f"swept at {self.swept_at}"


class WorkerProcess(models.Model):
    """A process that carries runs, as it tells about itself each second."""

    class Wish(models.TextChoices):
        WORK = "work"
        DRAIN = "drain"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    host = models.CharField(max_length=120)
    pid = models.PositiveIntegerField()
    slots = models.PositiveIntegerField()
    busy = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(db_default=Now())
    wanted = models.CharField(max_length=5, choices=Wish, default=Wish.WORK)
    is_draining = models.BooleanField(default=False)  # it has heard of the wish

    class Meta:
        verbose_name = "worker"

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class DeadLetter(models.Model):
    """A message that no worker could or would act on. Nothing is lost: rows ring again."""

    class Reason(models.TextChoices):
        UNDECODABLE = "undecodable"
        UNKNOWN_TASK = "unknown task"
        NO_TENANT = "no tenant"
        UNKNOWN_TENANT = "unknown tenant"
        BAD_ARGUMENTS = "bad arguments"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(db_default=Now(), db_index=True)
    reason = models.CharField(max_length=16, choices=Reason)
    task = models.CharField(max_length=100, blank=True)
    size = models.PositiveIntegerField(default=0)
    sample = models.CharField(max_length=500, blank=True)  # the beginning, letters only
    worker = models.CharField(max_length=140, blank=True)

    def __str__(self) -> str:
        return f"{self.reason} {self.task}".strip()


class Chore(models.Model):
    """Something small that an app above wants looked at, at a time and until it is done.

    What the subject is, that app knows.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    role = models.CharField(max_length=63, db_default=CurrentRole())
    kind = models.CharField(max_length=40)  # of what is registered with `chores.register`
    subject = models.UUIDField()
    due_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "kind", "subject"], name="dispatch_chore_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.due_at:%Y-%m-%d %H:%M:%S}"
