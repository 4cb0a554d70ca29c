"""A run in one row: how far it is, in segments and in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from apps.common.types import JSON, JSONDict
from apps.runs.models import NodeRun, Run

MOST_SEGMENTS = 12
# What a byte of `Run.state` looks like: idle, ready, running, remote, waiting, done, failed,
# skipped, cancelled, committed (`runs.vector`).
LOOKS = ("rest", "rest", "run", "run", "wait", "ok", "bad", "rest", "rest", "run")
PARTS = {"from": "From “{}”", "only": "Only “{}”", "until": "Up to “{}”", "all": "All steps"}
LOUDEST = ("bad", "warn", "wait", "run", "ok", "skipped", "rest")
DONE = 5
TELLING = (
    NodeRun.Status.RUNNING,
    NodeRun.Status.RETRYING,
    NodeRun.Status.WAITING,
    NodeRun.Status.FAILED,
)


@dataclass(frozen=True)
class Line:
    """A run as a list shows it."""

    run: Run
    segments: list[str]
    where: str
    seconds: float | None  # that it took, or has taken so far


def lines(runs: Iterable[Run]) -> list[Line]:
    """Return the rows of a page, with one query for the steps that tell where each run is."""
    page = list(runs)
    telling: dict[UUID, list[NodeRun]] = {run.pk: [] for run in page}
    steps = NodeRun.objects.filter(run__in=page, status__in=TELLING)
    for step in steps.only("run_id", "place", "title", "status", "attempt"):
        telling[step.run_id].append(step)
    now = timezone.now()
    return [_line(run, telling[run.pk], now) for run in page]


def duration(run: Run, now: datetime) -> float | None:
    """Return the seconds from the first step to the end, or to now."""
    if run.started_at is None:
        return None
    return max(0.0, ((run.finished_at or now) - run.started_at).total_seconds())


def part_words(run: Run, titles: Mapping[str, str]) -> str:
    """Say which part of its workflow a run does; empty for all of it."""
    if not run.part:
        return ""
    node = run.part["node"] or ""
    words = PARTS[run.part["mode"]].format(titles.get(node, node))
    given = len(run.part["pins"])
    return f"{words}, {given} given" if given else words


def known_input(run: Run, steps: Sequence[JSONDict], node: str) -> JSON:
    """Return what a step got from those before it, for a person to change; None: it is not known."""
    if next((step["type"] for step in steps if step["id"] == node), "") == "core.start":
        return run.inputs
    if run.edited and run.edited["node"] == node:
        return run.edited["prev"]
    edges = run.version.definition["edges"]
    sources = [edge["source"] for edge in edges if edge["target"] == node]
    done = run.nodes.filter(node__in=sources, status=NodeRun.Status.SUCCEEDED)
    found = dict(done.values_list("node", "output"))
    return next(iter(found.values())) if len(found) == 1 else found or None


def _line(run: Run, telling: Sequence[NodeRun], now: datetime) -> Line:
    state = bytes(run.state)
    looks = [LOOKS[byte] if byte < len(LOOKS) else "rest" for byte in state]
    if run.status in {Run.Status.FAILED, Run.Status.TIMED_OUT, Run.Status.CANCELLED}:
        looks = [
            "skipped" if byte in (0, 1) else look for byte, look in zip(state, looks, strict=True)
        ]
    for step in telling:
        if step.status == NodeRun.Status.RETRYING and step.place < len(looks):
            looks[step.place] = "warn"
    return Line(run, _condensed(looks), _where(run, telling, state.count(DONE)), duration(run, now))


def _condensed(looks: list[str]) -> list[str]:
    """Return at most a dozen segments; where one stands for many, the loudest speaks."""
    if len(looks) <= MOST_SEGMENTS:
        return looks
    size = len(looks) / MOST_SEGMENTS
    parts = [looks[int(i * size) : int((i + 1) * size)] for i in range(MOST_SEGMENTS)]
    return [min(part, key=LOUDEST.index) for part in parts]


def _where(run: Run, telling: Sequence[NodeRun], done: int) -> str:
    if run.is_from_cache:
        return "From cache"
    if run.error and run.status != Run.Status.SUCCEEDED:
        title = next((s.title for s in telling if s.status == NodeRun.Status.FAILED), "")
        said = str(run.error.get("message") or run.error.get("code") or "")
        return f"{title}: {said}" if title else said
    step = telling[0] if telling and not run.is_finished else None
    if step is not None:
        more = f", attempt {step.attempt}" if step.attempt > 1 else ""
        return f"{step.title}{more}"
    if run.status == Run.Status.QUEUED:
        return "Not started yet"
    return f"{done} step{'' if done == 1 else 's'}"
