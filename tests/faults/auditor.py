"""The auditor: what must hold of runs after whatever happened to those who carried them.

I1 each accepted start has exactly one run. I2 every run is finished or rightly waiting. I3 event
numbers have no gap, and folding the events gives the stored state. I4 a step succeeds at most once,
and nothing runs before what it depends on. I5 a target saw each key at least once, repeats no more
than kills, and no key that history does not know. I6 nobody holds a lease on finished work.
I7 every
reference to a blob resolves with its hash, and no blob past its grace is without one. I8 what a run
cost is what its steps and the ledger say. I9 the chain of the audit trail holds. I10 whatever
belongs to a run belongs to its workspace. `CHECKS` is where others add theirs.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from django.utils import timezone

from apps.audit.checking import verify
from apps.dispatch.models import Pass, Ticket, Timer
from apps.files.exceptions import BlobUnusable, StorageAway
from apps.files.models import Blob
from apps.files.services import GRACE, load
from apps.runs.interpreter.effects import key_of
from apps.runs.interpreter.folding import timer_key
from apps.runs.models import NodeRun, Run, RunEvent, Wait
from apps.runs.state.graphs import graph_of
from apps.runs.state.vector import Byte
from tests.faults import books, history
from tests.faults.history import Told

BYTES_OF: dict[str, set[int]] = {
    NodeRun.Status.RUNNING: {Byte.RUNNING, Byte.COMMITTED, Byte.SPAWNED, Byte.READY},
    NodeRun.Status.WAITING: {Byte.WAITING},
    NodeRun.Status.RETRYING: {Byte.READY, Byte.WAITING},
    NodeRun.Status.SUCCEEDED: {Byte.DONE},
    NodeRun.Status.FAILED: {Byte.FAILED},
    NodeRun.Status.SKIPPED: {Byte.SKIPPED},
    NodeRun.Status.CANCELLED: {Byte.CANCELLED},
}
UNTOLD = {Byte.IDLE, Byte.READY, Byte.CANCELLED}  # of steps that have no event
RESTING = {"waiting", "paused", "needs_attention"}

Check = Callable[[Sequence[Run]], list[str]]


def blobs(runs: Sequence[Run]) -> list[str]:
    """Return what is wrong with the blobs of the current workspace (I7)."""
    orphans = Blob.objects.unreferenced()
    late = orphans.made_before(timezone.now() - GRACE).values_list("pk", flat=True)
    found = [f"I7 nobody refers to blob {each}, and its grace is over" for each in late]
    for blob in Blob.objects.present().exclude(pk__in=orphans.values("pk")):
        try:
            load(blob)
        except (BlobUnusable, StorageAway) as error:
            found.append(f"I7 blob {blob}: {error.code}")
    return found


def trail(_runs: Sequence[Run]) -> list[str]:
    """Return what is wrong with the audit trail of the current workspace (I9)."""
    verdict = verify()
    return [f"I9 {verdict.wrong}"] if verdict.wrong else []


CHECKS: list[Check] = [books.costs, books.owners, blobs, trail]


def audit(runs: Iterable[Run], *, expected: int) -> list[str]:
    """Return what is wrong with runs of the current workspace, of which so many were started."""
    runs = list(runs)
    found = [] if len(runs) == expected else [f"I1 {expected} starts, {len(runs)} runs"]
    for run in runs:
        found += audit_run(run)
        if not run.is_finished and run.status not in RESTING:
            found.append(f"I2 {run} is {run.status}")
    for check in CHECKS:
        found += check(runs)
    return found


def audit_run(run: Run) -> list[str]:
    """Return what is wrong with one run, whatever it is doing."""
    rows = list(run.events.order_by("seq"))
    told = history.fold(rows)
    found = [*told.wrong, *_successes(rows), *_stored(run, rows, told), *_causes(run, rows)]
    return [f"{each} ({run})" for each in found] + _tickets(run)


def audit_sink(seen: Iterable[str], runs: Iterable[Run], node: str, *, kills: int) -> list[str]:
    """Return what is wrong with the keys that a target saw from one step of each run (I5)."""
    counts, keys = Counter(seen), {key_of(run, node) for run in runs}
    found = [f"I5 key {key} is not known to history" for key in counts.keys() - keys]
    found += [f"I5 key {key} never arrived" for key in keys - counts.keys()]
    repeats = sum(counts.values()) - len(counts)
    return found if repeats <= kills else [*found, f"I5 {repeats} repeats after {kills} kills"]


def _successes(rows: Sequence[RunEvent]) -> list[str]:
    successes = Counter((row.frame, row.node) for row in rows if row.type == "node.succeeded")
    return [f"I4 {node} succeeded {n} times" for node, n in successes.items() if n > 1]


def _stored(run: Run, rows: Sequence[RunEvent], told: Told) -> list[str]:
    """Compare what the events say with what is stored."""
    found = [] if len(rows) == run.seq else [f"I3 {len(rows)} events, {run.seq} are counted: a gap"]
    if told.status != run.status:
        found.append(f"I3 events say {told.status}, stored is {run.status}")
    if told.error != run.error:
        found.append(f"I3 events say error {told.error}, stored is {run.error}")
    if told.is_over and (told.cost_usd, told.tokens) != (str(run.cost_usd), run.tokens):
        found.append(f"I3 events say it cost {told.cost_usd}, stored is {run.cost_usd}")
    stored = {(row["frame"], row["node"]): row for row in run.nodes.values()}
    return found + history.differences(told, stored) + _bytes(run)


def _bytes(run: Run) -> list[str]:
    """Compare each step's byte with its row; of one without events nothing can have happened."""
    graph, state = graph_of(run), bytes(run.state)
    status = dict(run.nodes.filter(frame="").values_list("node", "status"))
    if not state:
        return [f"I3 {node} has a row before the run began" for node in status]
    untold = UNTOLD | _settled_elsewhere(run)
    found = []
    for node, place in graph.index.items():
        allowed = BYTES_OF[status[node]] if node in status else untold
        if state[place] not in allowed:
            found.append(f"I3 {node} is {status.get(node, 'untouched')}, its byte {state[place]}")
    return found


def _settled_elsewhere(run: Run) -> set[int]:
    """Return what steps may be of which a run's own history tells nothing."""
    if run.chunk is not None:  # it is begun with all but its rounds settled
        return {Byte.SKIPPED, Byte.DONE, Byte.FAILED}
    is_cut = run.part is not None or run.events.filter(type="run.moved").exists()
    return {Byte.SKIPPED} if is_cut else set()


def _causes(run: Run, rows: Sequence[RunEvent]) -> list[str]:
    """Nothing starts before what it depends on has ended (I4); told of the workflow itself."""
    if run.chunk or run.part or any(row.type == "run.moved" for row in rows):
        return []  # what went before is in another history, or was another version's
    graph, ended = graph_of(run), set[int]()
    found = []
    for row in rows:
        place = None if row.frame else graph.index.get(row.node)
        if place is None:
            continue
        begun = row.type in ("node.started", "node.succeeded", "node.waiting")
        if begun and place not in graph.undoing:  # those follow from what they take back
            node = graph.nodes[place]
            sources = {edge.source for edge in node.incoming}
            wanted = len(sources) if node.needed is None else min(node.needed, len(sources))
            if len(sources & ended) < wanted:
                found.append(f"I4 {row.type} of {row.node} before what it depends on")
        if row.type in history.STEP_ENDS:
            ended.add(place)
    return found


def _tickets(run: Run) -> list[str]:
    ticket = Ticket.objects.filter(pk=run.pk).first()
    found = []
    if run.is_finished and (ticket or Timer.objects.filter(ticket_id=run.pk).exists()):
        found.append(f"I6 {run} is over and still has a ticket or timers")
    if run.is_finished and Wait.objects.filter(run=run).open().exists():
        found.append(f"I6 {run} is over and somebody is still asked")
    if not run.is_finished and ticket is None:
        found.append(f"I2 {run} is unfinished and has no ticket")
    if ticket and ticket.status == Ticket.Status.WAITING:
        found += _waits(run)
    if ticket and ticket.status != Ticket.Status.RUNNING and ticket.lease_until:
        found.append(f"I6 {run} is {ticket.status} and leased")
    return found


def _waits(run: Run) -> list[str]:
    """A run waits rightly when each step that waits has somebody or something to wait for."""
    timers = set(Timer.objects.filter(ticket_id=run.pk).values_list("key", flat=True))
    queued = set(Pass.objects.filter(ticket_id=run.pk, fence=None).values_list("key", flat=True))
    waits = Wait.objects.filter(run=run).open().exclude(kind=Wait.Kind.DELAY)
    asked = {timer_key(frame, node) for frame, node in waits.values_list("frame", "node")}
    open_ = run.nodes.filter(status__in=[NodeRun.Status.WAITING, NodeRun.Status.RETRYING])
    return [
        f"I2 {run}: {node} waits for nothing that can come"
        for frame, node in open_.values_list("frame", "node")
        if timer_key(frame, node) not in timers | asked | queued
    ]
