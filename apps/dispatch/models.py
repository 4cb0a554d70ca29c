"""Tickets, timers and chores. They live in the public schema and hold no customer content.

Every row belongs to the database role of its workspace: row-level security shows a role its own
rows only (`migrations/0002_add_row_security.py`), and the owner, who sweeps, all of them.
"""

from typing import Self

from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now

from apps.common.ids import uuid7


class CurrentRole(Func):
    """The database role that the query runs as."""

    template = "CURRENT_USER"
    output_field = models.CharField()


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Reads of tickets."""

    def active(self) -> Self:
        """Keep those that a worker carries or may take."""
        return self.filter(status__in=[Ticket.Status.READY, Ticket.Status.RUNNING])

    def pending(self) -> Self:
        """Keep those that wait for admission."""
        return self.filter(status=Ticket.Status.PENDING)


class Ticket(models.Model):
    """The right to carry one run on. It exists as long as its run is unfinished."""

    class Status(models.TextChoices):
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
                fields=["role"],
                condition=Q(status__in=["ready", "running"]),
                name="dispatch_ticket_active",
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


class Chore(models.Model):
    """Something small that a workspace wants done beside its runs, at a time and until it is done.

    One row for each thing, under the thing's own id, so that writers never wait for each other.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    role = models.CharField(max_length=63, db_default=CurrentRole())
    name = models.CharField(max_length=40)  # of what is registered with `chores.register`
    due_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="dispatch_chore_due")]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"
