"""Whether a part of a workflow would go round a question that people are asked.

Who may edit a workflow may take a question out of it, so nothing is lost when they run a part as
they like. Who may only run it must not do by a pin or a changed input what they were to be asked for.
"""

from apps.accounts import policies
from apps.accounts.models import User
from apps.runs.exceptions import PastAQuestion
from apps.runs.graphs import graph_of
from apps.runs.models import Run
from apps.runs.parts import ONLY, Part, after
from apps.runs.vector import Byte
from apps.workflows.graph import CompiledNode

QUESTION = "human.approval"


def check_asked(run: Run, part: Part, *, actor: User) -> None:
    """Raise PastAQuestion for a new run, not saved yet, that its actor may not have so."""
    graph = graph_of(run)
    pinned = {graph.index[name] for name in part.pins}
    given = pinned | ({graph.index[part.node]} if run.edited else set())
    anew = _open(run) - pinned
    for place, node in enumerate(graph.nodes):
        behind = after(graph, place) - {place}
        if not _asks(node) or not behind & anew:
            continue
        is_passed = place in pinned or part.mode == ONLY or behind & given
        if is_passed and not policies.allows(actor, "edit", run.workflow):
            raise PastAQuestion


def _open(run: Run) -> set[int]:
    """Return the steps that the run does, or whose pins wait for their turn."""
    return {place for place, byte in enumerate(run.state) if byte in (Byte.IDLE, Byte.READY)}


def _asks(node: CompiledNode) -> bool:
    """Tell whether a step asks people, or one inside it does."""
    inner = node.body.nodes if node.body else ()
    return node.type == QUESTION or any(_asks(each) for each in inner)
