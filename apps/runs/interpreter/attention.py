"""What a run asks when it stands still, and how it goes on from a person's answer.

Three things stop a run until a person has looked: a step that must not be repeated was found under
way after a crash; workers keep dying on it; or this release does not know what it is made of. The
answer is kept with the run; whoever carries it next takes it in like the end of any step.
"""

from apps.classification.veil import column
from apps.common.types import JSON, JSONDict
from apps.nodes.base import Routed
from apps.nodes.catalogue import output_ports
from apps.nodes.registry import find
from apps.runs.exceptions import BadSettlement
from apps.runs.interpreter.endings import RunEnds
from apps.runs.interpreter.folding import timer_key
from apps.runs.interpreter.steps import Steps
from apps.runs.models import NodeRun, Run
from apps.runs.state.course import Spot
from apps.runs.state.graphs import graph_of
from apps.runs.state.outcomes import Done, Failure, Outcome, judge
from apps.runs.state.vector import Byte
from apps.runs.state.withholding import learn
from apps.workflows.graph import CompiledNode, Graph
from apps.workflows.marks import OUTPUT

HAPPENED, AGAIN, FAIL = "happened", "again", "fail"
CHOICES = {
    "outcome_unknown": (HAPPENED, AGAIN, FAIL),
    "poison": (AGAIN, FAIL),
    "unknown_version": (AGAIN, FAIL),
}


def choices_of(run: Run) -> tuple[str, ...]:
    """Return the answers that a run takes; none where it asks nothing."""
    if run.status != Run.Status.NEEDS_ATTENTION:
        return ()
    return CHOICES.get((run.error or {}).get("code", ""), (AGAIN, FAIL))


def told(run: Run) -> JSONDict | None:
    """Return what a run asks and the answers it takes, as the API tells it."""
    choices = choices_of(run)
    if not choices:
        return None
    error = run.error or {}
    return {"code": error.get("code"), "node": error.get("node"), "choices": list(choices)}


def answer(run: Run, choice: str, output: JSON, port: str, why: str) -> JSONDict:
    """Return what is to be kept of an answer about a step. Raises BadSettlement."""
    if choice != HAPPENED:
        return {"choice": choice, "why": why}
    node = _find(graph_of(run), (run.error or {})["node"])
    exits = {each.name for each in output_ports(find(node.type), node.config)}
    if (port and port not in exits) or (not port and len(exits) > 1):
        raise BadSettlement.at("port", f"Say by which way it goes on: {', '.join(sorted(exits))}.")
    made = judge(Routed(port, output))
    if not isinstance(made, Done):
        raise BadSettlement.at("output", "Give a JSON value of at most 8 MiB.")
    learn(run, node.id, OUTPUT, made.output)
    return {"choice": choice, "output": column(made.output), "port": made.port}


def take_up(steps: Steps) -> None:
    """Go on with what was under way when the last carrier was lost, by what people said of it.

    Raises RunEnds where nobody has said yet whether a step that must not be repeated took effect.
    """
    answers = dict(steps.run.answers)
    if answers:
        steps.ledger.changes["answers"] = {}
    found = [*steps.course.where(Byte.COMMITTED), *steps.course.where(Byte.RUNNING)]
    for spot in found:
        node = steps.book.node(spot)
        said = answers.pop(timer_key(spot.frame, node.id), None)
        if said is not None:
            _take_in(steps, spot, said)
        elif steps.course.byte(spot) == Byte.COMMITTED:
            raise RunEnds.unsure(node.id, spot.frame)
        else:
            steps.course.mark(spot, Byte.READY)
    for key, said in answers.items():  # of steps that were not under way, but blamed
        if said["choice"] == FAIL:
            raise RunEnds.failed(_failure(said), key.rpartition(":")[2])


def _take_in(steps: Steps, spot: Spot, said: JSONDict) -> None:
    if said["choice"] == AGAIN:
        row = steps.book.row(spot)
        row.status = NodeRun.Status.RETRYING
        steps.ledger.note("node.retrying", row, delay_s=0, settled=True)
        row.attempt += 1
        row.started_at = None  # the time for its attempts begins anew, too
        steps.course.mark(spot, Byte.READY)
        return
    verdict = Done(said["output"], said["port"]) if said["choice"] == HAPPENED else _failure(said)
    steps.take_in([Outcome(spot, verdict, steps.ledger.clock.now(), 0)])


def _failure(said: JSONDict) -> Failure:
    return Failure("given_up", said["why"], "Run from here once the cause is dealt with.")


def _find(graph: Graph, node_id: str) -> CompiledNode:
    """Return a step of a graph, or of those inside its steps."""
    if node_id in graph.index:
        return graph.nodes[graph.index[node_id]]
    bodies = (node.body for node in graph.nodes if node.body)
    return next(found for body in bodies if (found := _find_in(body, node_id)))


def _find_in(graph: Graph, node_id: str) -> CompiledNode | None:
    try:
        return _find(graph, node_id)
    except StopIteration:
        return None
