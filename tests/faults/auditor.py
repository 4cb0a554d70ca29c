"""The auditor: what must hold of runs after whatever happened to those who carried them.

I1 each accepted start has exactly one run. I2 every run is finished or rightly waiting. I3 event
numbers have no gap, and folding the events gives the stored state. I4 a step succeeds at most once.
I5 a target saw each key at least once, repeats no more than kills, and no key that history does not
know. I6 nobody holds a lease on finished work. I7 every reference to a blob resolves with its hash,
and no blob past its grace is without one.
"""

from collections import Counter
from collections.abc import Iterable

from django.utils import timezone

from apps.dispatch.models import Ticket, Timer
from apps.files.exceptions import BlobUnusable, StorageAway
from apps.files.models import Blob
from apps.files.services import GRACE, load
from apps.runs.effects import key_of
from apps.runs.folding import timer_key
from apps.runs.graphs import graph_of
from apps.runs.models import NodeRun, Run, Wait
from apps.runs.vector import Byte

ENDS = {
    "node.succeeded": NodeRun.Status.SUCCEEDED,
    "node.failed": NodeRun.Status.FAILED,
    "node.skipped": NodeRun.Status.SKIPPED,
    "node.cancelled": NodeRun.Status.CANCELLED,
}
STATUS_OF = ENDS | {
    "node.started": NodeRun.Status.RUNNING,
    "node.waiting": NodeRun.Status.WAITING,
    "node.retrying": NodeRun.Status.RETRYING,
}
RUN_STATUS_OF = {
    "run.queued": "queued", "run.started": "running", "run.waiting": "waiting",
    "run.resumed": "running", "run.paused": "paused", "run.succeeded": "succeeded",
    "run.failed": "failed", "run.cancelled": "cancelled", "run.timed_out": "timed_out",
    "run.needs_attention": "needs_attention",
}  # fmt: skip
BYTES_OF: dict[str, set[int]] = {
    NodeRun.Status.RUNNING: {Byte.RUNNING, Byte.COMMITTED, Byte.SPAWNED, Byte.READY},
    NodeRun.Status.WAITING: {Byte.WAITING},
    NodeRun.Status.RETRYING: {Byte.READY, Byte.WAITING},
    NodeRun.Status.SUCCEEDED: {Byte.DONE},
    NodeRun.Status.FAILED: {Byte.FAILED},
    NodeRun.Status.SKIPPED: {Byte.SKIPPED},
    NodeRun.Status.CANCELLED: {Byte.CANCELLED},
}


def audit(runs: Iterable[Run], *, expected: int) -> list[str]:
    """Return what is wrong with runs of the current workspace, of which so many were started."""
    runs = list(runs)
    found = [] if len(runs) == expected else [f"I1 {expected} starts, {len(runs)} runs"]
    for run in runs:
        found += audit_run(run)
        if not run.is_finished and run.status not in {"waiting", "paused", "needs_attention"}:
            found.append(f"I2 {run} is {run.status}")
    return found + audit_blobs()


def audit_blobs() -> list[str]:
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


def audit_run(run: Run) -> list[str]:
    """Return what is wrong with one run, whatever it is doing."""
    rows = list(run.events.order_by("seq"))
    found = []
    if [row.seq for row in rows] != list(range(1, run.seq + 1)):
        found.append(f"I3 {run}: the numbers of its events have a gap")
    found += _fold(run)
    successes = Counter((row.frame, row.node) for row in rows if row.type == "node.succeeded")
    found += [f"I4 {run}: {node} succeeded {n} times" for node, n in successes.items() if n > 1]
    found += _order(run)
    return found + _tickets(run)


def audit_sink(seen: Iterable[str], runs: Iterable[Run], node: str, *, kills: int) -> list[str]:
    """Return what is wrong with the keys that a target saw from one step of each run (I5)."""
    counts, keys = Counter(seen), {key_of(run, node) for run in runs}
    found = [f"I5 key {key} is not known to history" for key in counts.keys() - keys]
    found += [f"I5 key {key} never arrived" for key in keys - counts.keys()]
    repeats = sum(counts.values()) - len(counts)
    return found if repeats <= kills else [*found, f"I5 {repeats} repeats after {kills} kills"]


def _fold(run: Run) -> list[str]:
    """Fold the events and compare with what is stored."""
    status = ""
    steps: dict[tuple[str, str], str] = {}
    for row in run.events.order_by("seq"):
        status = RUN_STATUS_OF.get(row.type, status)
        if row.type in STATUS_OF:
            steps[row.frame, row.node] = STATUS_OF[row.type]
    rows = run.nodes.values_list("frame", "node", "status")
    stored = {(frame, node): status for frame, node, status in rows}
    found = []
    if status != run.status:
        found.append(f"I3 {run}: events say {status}, stored is {run.status}")
    if steps != stored:
        found.append(f"I3 {run}: events say {steps}, stored is {stored}")
    return found + _bytes(run, stored)


def _bytes(run: Run, stored: dict[tuple[str, str], str]) -> list[str]:
    graph = graph_of(run)
    state = bytes(run.state)
    return [
        f"I3 {run}: {node} is {status}, its byte {state[graph.index[node]]}"
        for (frame, node), status in stored.items()
        if not frame
        if node in graph.index  # else it is a step of a version that the run was moved from
        if not state or state[graph.index[node]] not in BYTES_OF[status]
    ]


def _order(run: Run) -> list[str]:
    """Nothing of a step happens after its end, and nothing at all after the end of the run."""
    ended: set[tuple[str, str]] = set()
    found, over = [], False
    for row in run.events.order_by("seq"):
        if over:
            found.append(f"I3 {run}: {row.type} after the end")
        if (row.frame, row.node) in ended:
            found.append(f"I4 {run}: {row.type} of {row.node} after its end")
        if row.type in ENDS:
            ended.add((row.frame, row.node))
        over = over or RUN_STATUS_OF.get(row.type) in Run.FINISHED
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
    waits = Wait.objects.filter(run=run).open().exclude(kind=Wait.Kind.DELAY)
    asked = {timer_key(frame, node) for frame, node in waits.values_list("frame", "node")}
    open_ = run.nodes.filter(status__in=[NodeRun.Status.WAITING, NodeRun.Status.RETRYING])
    return [
        f"I2 {run}: {node} waits for nothing that can come"
        for frame, node in open_.values_list("frame", "node")
        if timer_key(frame, node) not in timers | asked
    ]
