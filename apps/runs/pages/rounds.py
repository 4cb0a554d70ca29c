"""The rounds of steps that hold others, as the page of a run shows them: one of each at a time."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Case, Count, Q, Value, When

from apps.common.types import JSONDict
from apps.runs.models import NodeRun, Run

MOST_READ, MOST_OFFERED, MOST_CHUNKS = 2_000, 100, 5
OPEN = ("queued", "running", "waiting", "retrying")
FIRST = ("failed", "running", "succeeded")  # what is shown where nobody has chosen


@dataclass(frozen=True)
class Round:
    """One round of a step, by the frame that its steps lie in."""

    frame: str
    index: int
    status: str

    @property
    def number(self) -> int:
        """Which it is, as people count."""
        return self.index + 1


@dataclass(frozen=True)
class Rounds:
    """The rounds of one step that have begun; those that failed come first where one is chosen."""

    found: Sequence[Round]  # by their number
    shown: Round | None
    total: int | None  # that there will be, where that is known
    chunks: Sequence[Run] = ()  # runs that go through parts of a list that is too long for one

    @property
    def words(self) -> str:
        """How many there are, in words."""
        over = sum(each.status != "running" for each in self.found)
        of = f"{over} of {self.total}" if self.total is not None else str(over)
        failed = sum(each.status == "failed" for each in self.found)
        many = "" if (self.total or over) == 1 else "s"
        return f"{of} round{many}" + (f", {failed} failed" if failed else "")

    @property
    def offered(self) -> list[Round]:
        """Those to choose from: failed ones first, and the shown one in any case."""
        ranked = sorted(self.found, key=lambda each: (FIRST.index(each.status), each.index))
        kept = ranked[:MOST_OFFERED]
        return kept if self.shown is None or self.shown in kept else [self.shown, *kept]

    @property
    def before(self) -> Round | None:
        """The round before the shown one."""
        return max(
            (each for each in self.found if self.shown and each.index < self.shown.index),
            key=lambda each: each.index,
            default=None,
        )

    @property
    def after(self) -> Round | None:
        """The round after the shown one."""
        return min(
            (each for each in self.found if self.shown and each.index > self.shown.index),
            key=lambda each: each.index,
            default=None,
        )


@dataclass
class Unfolded:
    """The steps of a run in the order of its page, each with its depth, rounds and shown frame."""

    steps: list[JSONDict] = field(default_factory=list)
    frames: dict[str, str | None] = field(default_factory=dict)  # None: no round has begun


def unfold(run: Run, steps: Sequence[JSONDict], wanted: str = "") -> Unfolded:
    """Put steps under those that hold them, in the round that `wanted` names or that matters most."""
    inside: dict[str, list[JSONDict]] = {}
    for step in steps:
        inside.setdefault(step.get("parent") or "", []).append(step)
    found = Unfolded()
    for step, frame, depth in _walk(run, inside, wanted, "", "", 0):
        found.steps.append({**step, "depth": depth})
        found.frames[step["id"]] = frame
    return found


Placed = tuple[JSONDict, str | None, int]


def _walk(
    run: Run,
    inside: dict[str, list[JSONDict]],
    wanted: str,
    parent: str,
    frame: str | None,
    depth: int,
) -> Iterator[Placed]:
    for step in inside.get(parent, []):
        node = step["id"]
        if node not in inside:
            yield step, frame, depth
            continue
        rounds = None if frame is None else rounds_of(run, f"{frame}/{node}".lstrip("/"), wanted)
        yield {**step, "rounds": rounds}, frame, depth
        shown = rounds.shown.frame if rounds and rounds.shown else None
        yield from _walk(run, inside, wanted, node, shown, depth + 1)


def rounds_of(run: Run, key: str, wanted: str) -> Rounds:
    """Return the rounds of a step, of which `key` is the path; the wanted one is shown, if it is there."""
    rows = run.nodes.filter(frame__regex=rf"^{re.escape(key)}\.[0-9]+$").order_by()
    grouped = rows.values("frame").annotate(
        failed=Count("pk", filter=Q(status=NodeRun.Status.FAILED) & ~Q(port="error")),
        open=Count("pk", filter=Q(status__in=OPEN)),
    )
    found = sorted((_round(each) for each in grouped[:MOST_READ]), key=lambda each: each.index)
    chosen = [each for each in found if f"{wanted}/".startswith(f"{each.frame}/")]
    chosen += sorted(found, key=lambda each: FIRST.index(each.status))
    chunks = () if found else _chunks(run, key)
    return Rounds(found, chosen[0] if chosen else None, _total(run, key), chunks)


def _chunks(run: Run, key: str) -> list[Run]:
    """Return the first runs that go through parts of the list of a step; those failed come first."""
    inside = run.children.filter(awaited_by__run=run, awaited_by__frame__startswith=f"{key}.")
    failed_first = Case(When(status=Run.Status.FAILED, then=Value(0)), default=Value(1))
    return list(inside.exclude(chunk=None).order_by(failed_first, "created_at", "id")[:MOST_CHUNKS])


def _round(row: JSONDict) -> Round:
    frame = str(row["frame"])
    status = "failed" if row["failed"] else "running" if row["open"] else "succeeded"
    return Round(frame, int(frame.rpartition(".")[2]), status)


def _total(run: Run, key: str) -> int | None:
    """Return how many rounds there are to be, where it is a list that is gone through."""
    plan = run.loops.get(key, {}).get("plan")
    if plan is not None:
        return plan["count"] if plan["listed"] and not plan["chunked"] else None
    frame, _, node = key.rpartition("/")
    row = run.nodes.filter(frame=frame, node=node).values_list("output", flat=True).first()
    count = row.get("count") if isinstance(row, dict) else None
    return count if isinstance(count, int) else None
