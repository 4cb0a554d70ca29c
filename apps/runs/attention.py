"""What a run asks when it stands still, and what each answer does to it.

Three things stop a run until a person has looked: a step that must not be repeated was found under
way after a crash; workers keep dying on it; or this release does not know what it is made of.
"""

from apps.common.types import JSON, JSONDict
from apps.dispatch.models import Ticket
from apps.nodes.base import Routed
from apps.nodes.catalogue import output_ports
from apps.nodes.registry import find
from apps.runs.exceptions import BadSettlement
from apps.runs.graphs import graph_of
from apps.runs.ledger import Ledger
from apps.runs.models import NodeRun, Run
from apps.runs.outcomes import Done, judge, preview
from apps.runs.vector import ERROR_PORT, Byte
from apps.workflows.graph import CompiledNode

HAPPENED, AGAIN, FAIL = "happened", "again", "fail"
CHOICES = {
    "outcome_unknown": (HAPPENED, AGAIN, FAIL),
    "poison": (AGAIN, FAIL),
    "unknown_version": (AGAIN, FAIL),
}
Status = NodeRun.Status


def choices_of(run: Run) -> tuple[str, ...]:
    """Return the answers that a run takes; none where it asks nothing."""
    if run.status != Run.Status.NEEDS_ATTENTION:
        return ()
    return CHOICES.get((run.error or {}).get("code", ""), (AGAIN, FAIL))


def it_happened(ledger: Ledger, output: JSON, port: str) -> None:
    """Let the step count as succeeded, with what the person says that it gave."""
    row, node = _asked(ledger)
    exits = {each.name for each in output_ports(find(node.type), node.config)}
    if port and port not in exits:
        raise BadSettlement.at("port", f"Choose one of: {', '.join(sorted(exits))}.")
    if not port and len(exits) > 1:
        raise BadSettlement.at("port", f"Say which way it goes on: {', '.join(sorted(exits))}.")
    made = judge(Routed(port, output))
    if not isinstance(made, Done):
        raise BadSettlement.at("output", "Give a JSON value of at most 8 MiB.")
    row.output, row.port, row.error = made.output, made.port, None
    _end(ledger, row, Status.SUCCEEDED)
    ledger.note(
        "node.succeeded", row, ms=0, settled=True, cost_usd=str(row.cost_usd), tokens=row.tokens,
        port=row.port or None, preview=preview(row.output),
    )  # fmt: skip
    _go_on(ledger, row, Byte.DONE)


def run_again(ledger: Ledger) -> None:
    """Do the step anew under another key; where it is not about one step, just go on."""
    error = ledger.run.error or {}
    if error.get("code") != "outcome_unknown":
        ledger.progress = True  # whatever killed the carriers so far is forgiven
        _go_on(ledger)
        return
    row, node = _asked(ledger)
    generations = ledger.run.generations
    ledger.changes["generations"] = {**generations, node.id: generations.get(node.id, 0) + 1}
    row.status, row.error = Status.RETRYING, None
    ledger.note("node.retrying", row, delay_s=0, settled=True, error={"code": error["code"]})
    row.attempt += 1
    _go_on(ledger, row, Byte.READY)


def it_failed(ledger: Ledger, why: str) -> None:
    """Let the step fail: the run goes on as the step's author wanted that, or fails."""
    asked = ledger.run.error or {}
    error = {**asked, "message": why, "hint": "Run from here once the cause is dealt with."}
    if not asked.get("node"):
        ledger.finish(bytes(ledger.run.state), Run.Status.FAILED, error=error)
        return
    row, node = _asked(ledger)
    row.error = {key: value for key, value in error.items() if key != "node"}
    _end(ledger, row, Status.FAILED)
    policy = node.node.on_error
    if policy == "branch":
        row.port, row.output = ERROR_PORT, row.error
    elif policy == "default":
        row.output = node.node.default_output
    handled = {} if policy == "fail" else {"handled": policy}
    ledger.note("node.failed", row, ms=0, settled=True, error=row.error, **handled)
    if policy != "fail":
        _go_on(ledger, row, Byte.FAILED)
        return
    ledger.finish(_with(ledger.run, row, Byte.FAILED), Run.Status.FAILED, error=error)


def _asked(ledger: Ledger) -> tuple[NodeRun, CompiledNode]:
    """Return the step that the question is about."""
    row = NodeRun.objects.get(run=ledger.run, node=(ledger.run.error or {})["node"])
    return row, graph_of(ledger.run).nodes[row.place]


def _end(ledger: Ledger, row: NodeRun, status: str) -> None:
    row.status, row.finished_at = status, ledger.clock.now()
    ledger.progress = True


def _with(run: Run, row: NodeRun, byte: Byte) -> bytes:
    state = bytearray(run.state)
    state[row.place] = byte
    return bytes(state)


def _go_on(ledger: Ledger, row: NodeRun | None = None, byte: Byte = Byte.READY) -> None:
    """Give the run back to the workers."""
    state = bytes(ledger.run.state) if row is None else _with(ledger.run, row, byte)
    ledger.changes["error"] = None
    ledger.release(
        state, wake_seen=ledger.lease.wake, ticket=Ticket.Status.READY, status=Run.Status.QUEUED
    )


def told(run: Run) -> JSONDict | None:
    """Return what a run asks and the answers it takes, as the API tells it."""
    choices = choices_of(run)
    if not choices:
        return None
    error = run.error or {}
    return {"code": error.get("code"), "node": error.get("node"), "choices": list(choices)}
