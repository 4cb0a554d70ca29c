"""What the current workspace takes up now, and what it may."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Max, Q

from apps.dispatch import passes
from apps.dispatch.gate import limits_of
from apps.dispatch.models import CurrentRole, Pass, TenantLoad, Ticket

Status = Ticket.Status


@dataclass(frozen=True)
class Use:
    """How much of something is taken, and how much there is."""

    now: int
    limit: int

    @property
    def percent(self) -> int:
        """How full it is."""
        return 100 if self.limit <= 0 else min(100, round(100 * self.now / self.limit))


@dataclass(frozen=True)
class LaneUse:
    """The runs of one lane: how many go on, how many may, and how many are held."""

    lane: UUID
    running: Use
    held: int


@dataclass(frozen=True)
class ChannelUse:
    """How many steps reach outside through a channel, and how many wait for a place in it."""

    now: int
    waiting: int


@dataclass(frozen=True)
class Standing:
    """How a workspace stands with its limits."""

    running: Use
    queued: Use
    waiting: int  # for a time, a person or an answer; they take no place
    paused: int
    weight: int
    is_paused: bool
    lanes: list[LaneUse]
    outside: Use | None = None  # steps that call other services, where their number is limited


def standing() -> Standing:
    """Return it for the current workspace."""
    own = Ticket.objects.filter(role=CurrentRole())
    load = TenantLoad.objects.filter(role=CurrentRole()).first() or TenantLoad()
    limits = limits_of(load)
    return Standing(
        running=Use(own.active().count(), limits.max_running),
        queued=Use(own.queued().count(), limits.max_queued),
        waiting=own.filter(status=Status.WAITING).count(),
        paused=own.filter(status=Status.PAUSED).count(),
        weight=load.weight,
        is_paused=load.paused_at is not None,
        lanes=_lanes(),
        outside=_outside(),
    )


def use_of(channel: UUID) -> ChannelUse:
    """Return how a channel of the current workspace is used now."""
    queued = Pass.objects.filter(role=CurrentRole(), channel=channel, fence=None)
    waiting = queued.filter(called_at=None)
    return ChannelUse(passes.in_use(channel), waiting.count())


def _outside() -> Use | None:
    cap = passes.cap_of_workspace()
    return None if cap is None else Use(passes.in_use(), cap)


def _lanes() -> list[LaneUse]:
    inside = Q(status__in=[Status.PENDING, Status.READY, Status.RUNNING])
    rows = (
        Ticket.objects.filter(role=CurrentRole(), lane__isnull=False)
        .values("lane")
        .annotate(
            inside=Count("id", filter=inside),
            held=Count("id", filter=Q(status=Status.HELD)),
            cap=Max("lane_cap"),
        )
        .order_by("-held", "lane")
    )
    return [LaneUse(row["lane"], Use(row["inside"], row["cap"]), row["held"]) for row in rows]
