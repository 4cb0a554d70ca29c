"""What a monitor is told of the queue and the workers."""

from collections.abc import Iterable, Iterator

from django.db import DatabaseError
from django.utils import timezone
from prometheus_client import Counter, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from apps.common.metrics import REGISTRY
from apps.dispatch import figures
from apps.dispatch.figures import Figures
from apps.dispatch.models import Ticket

BACKLOGS = 20  # workspaces with the longest queues; the others are one sum

CLAIMS = Counter("auterity_claims", "Runs that this worker took up.", registry=REGISTRY)
FENCED = Counter(
    "auterity_fences_lost", "Writes refused since another worker had the run.", registry=REGISTRY
)


class DispatchCollector(Collector):
    """Reads the shared tables when it is asked; without a database it says nothing."""

    def describe(self) -> Iterable[Metric]:
        """Promise no names, so that registering asks no database."""
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            found, queues = figures.read(), figures.backlogs(BACKLOGS)
        except DatabaseError:
            return
        yield from _of_tickets(found)
        yield _of_backlogs(found, queues)
        yield _of_chores(found)
        yield from _of_the_sweep(found)
        yield from _of_workers(found)


def _of_tickets(found: Figures) -> Iterator[Metric]:
    tickets = GaugeMetricFamily("auterity_tickets", "Unfinished runs by state.", labels=["state"])
    for status in Ticket.Status.values:
        tickets.add_metric([status], found.tickets[status])
    yield tickets
    yield _gauge("oldest_due_seconds", "Age of what should have been taken up.", _age(found))
    yield _gauge("stuck_tickets", "Runs that nobody takes up.", found.stuck)
    yield _gauge("attention_tickets", "Runs that a person must look at.", found.attention)


def _of_chores(found: Figures) -> Metric:
    chores = GaugeMetricFamily(
        "auterity_chores", "What waits to be looked at, by kind.", labels=["kind"]
    )
    for kind, count in found.chores.items():
        chores.add_metric([kind], count)
    return chores


def _of_backlogs(found: Figures, queues: list[tuple[str, int]]) -> Metric:
    backlog = GaugeMetricFamily("auterity_backlog", "Queued runs by workspace.", labels=["tenant"])
    for slug, count in queues:
        backlog.add_metric([slug], count)
    others = found.queued - sum(count for _, count in queues)
    backlog.add_metric(["(others)"], max(0, others))
    return backlog


def _of_the_sweep(found: Figures) -> Iterator[Metric]:
    pulse = found.pulse
    yield _gauge("sweep_lag_seconds", "Time since the last sweep.", found.sweep_lag_s)
    yield _gauge("sweep_seconds", "How long the last sweep that rang took.", pulse.sweep_ms / 1000)
    yield _gauge("room", "How many more runs the workers can take.", pulse.room)
    yield _count("admissions", "Runs let in from the queue.", pulse.admitted)
    yield _count("doorbells", "Runs that the sweep rang for.", pulse.rung)
    yield _count("dead_letters", "Messages put aside.", pulse.buried)


def _of_workers(found: Figures) -> Iterator[Metric]:
    workers = GaugeMetricFamily("auterity_workers", "Worker processes.", labels=["state"])
    workers.add_metric(["up"], found.workers - found.draining)
    workers.add_metric(["draining"], found.draining)
    workers.add_metric(["silent"], found.lost)
    yield workers
    yield _gauge("worker_slots", "Runs that the workers can carry at a time.", found.slots)
    yield _gauge("worker_slots_busy", "Runs that they carry.", found.busy)


def _age(found: Figures) -> float:
    if found.oldest_due is None:
        return 0.0
    return max(0.0, (timezone.now() - found.oldest_due).total_seconds())


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"auterity_{name}", about, value=value)


def _count(name: str, about: str, value: float) -> Metric:
    return CounterMetricFamily(f"auterity_{name}", about, value=value)
