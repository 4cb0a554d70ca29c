"""How the queue and the workers are doing: figures for operators and monitors, nothing of content."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Min, Q
from django.utils import timezone

from apps.dispatch.admission import ALIVE_S
from apps.dispatch.models import DeadLetter, Pulse, Ticket, WorkerProcess
from apps.tenants.context import public_scope

Status = Ticket.Status

# A ready run is rung for every 5 s, and a lease that ended is taken over within a few seconds.
OVERDUE_S = 30

BY_STATUS = """
SELECT status, count(*) FROM dispatch_ticket GROUP BY status
"""
CHORES = """
SELECT kind, count(*) FROM dispatch_chore GROUP BY kind ORDER BY kind
"""
BACKLOGS = """
SELECT tenant.slug, count(*) FROM dispatch_ticket AS ticket
JOIN tenants_tenant AS tenant ON tenant.role_name = ticket.role
WHERE ticket.status IN ('pending', 'held') GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(most)s
"""


@dataclass(frozen=True)
class Figures:
    """The state of dispatch over all workspaces at one moment."""

    tickets: Counter[str]  # by status
    oldest_due: datetime | None  # of what should have been taken up by now
    oldest_queued: datetime | None
    stuck: int
    attention: int  # stand still until a person has looked
    workers: int  # alive
    draining: int
    lost: int  # went without a word, not long ago
    slots: int
    busy: int
    letters: int
    chores: Counter[str]  # by kind
    pulse: Pulse

    @property
    def queued(self) -> int:
        """How many runs wait for admission."""
        return self.tickets[Status.PENDING] + self.tickets[Status.HELD]

    @property
    def sweep_lag_s(self) -> float:
        """How long ago the last sweep was."""
        return _lag(self.pulse)


def read() -> Figures:
    """Read them as the owner, who sees all workspaces."""
    with public_scope():
        tickets = Ticket.objects.all()
        return Figures(
            tickets=Counter(dict(_rows(BY_STATUS))),
            oldest_due=tickets.filter(due()).aggregate(at=Min("due_at"))["at"],
            oldest_queued=tickets.queued().aggregate(at=Min("created_at"))["at"],
            stuck=tickets.filter(stuck()).count(),
            attention=tickets.filter(attention()).count(),
            letters=DeadLetter.objects.count(),
            chores=Counter(dict(_rows(CHORES))),
            pulse=Pulse.objects.first() or Pulse(),
            **_workers(),
        )


def sweep_lag_s() -> float:
    """Return how long ago the last sweep was; 0 where there was none yet."""
    with public_scope():
        return _lag(Pulse.objects.first() or Pulse())


def backlogs(most: int) -> list[tuple[str, int]]:
    """Return the workspaces with the longest queues, by slug."""
    with public_scope():
        return [(slug, count) for slug, count in _rows(BACKLOGS, most=most)]


def due() -> Q:
    """Match what a worker should take up now."""
    now = timezone.now()
    return Q(due_at__lte=now) & (
        Q(status=Status.READY) | Q(status=Status.RUNNING, lease_until__lt=now)
    )


def stuck() -> Q:
    """Match what nobody takes up although it has been due for long, or whose carrier is gone."""
    long_ago = timezone.now() - timedelta(seconds=OVERDUE_S)
    ready = Q(status=Status.READY, due_at__lt=long_ago)
    return ready | Q(status=Status.RUNNING, lease_until__lt=long_ago)


def attention() -> Q:
    """Match what its carrier parked because a person must look, unlike what a person paused."""
    return Q(status=Status.PAUSED, needs_attention=True)


def alive() -> Q:
    """Match the workers that were heard of lately."""
    return Q(beat_at__gt=timezone.now() - timedelta(seconds=ALIVE_S))


def _lag(pulse: Pulse) -> float:
    if pulse.swept_at is None:
        return 0.0
    return max(0.0, (timezone.now() - pulse.swept_at).total_seconds())


def _workers() -> dict[str, int]:
    known = WorkerProcess.objects.all()
    here = list(known.filter(alive()))
    return {
        "workers": len(here),
        "draining": sum(each.is_draining for each in here),
        "lost": known.exclude(alive()).count(),
        "slots": sum(each.slots for each in here if not each.is_draining),
        "busy": sum(each.busy for each in here),
    }


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
