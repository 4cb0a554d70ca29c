"""Whether a run would go round a question that people are asked, or use up an answer twice.

Who may edit a workflow may take a question out of it, so nothing is lost when they run a part as
they like; for a question inside a workflow that a step runs, it takes who may publish the outer one.
Who may only run it must not do by a pin or a changed input what they were to be asked for, nor do
again, on the strength of an old answer, what that answer has let happen already.
"""

from collections.abc import Callable

from django.core.exceptions import ValidationError

from apps.accounts import policies
from apps.accounts.models import User
from apps.nodes import registry
from apps.nodes.base import Effect
from apps.runs.exceptions import PastAQuestion
from apps.runs.models import NodeRun, Run
from apps.runs.state.children import DEEPEST
from apps.runs.state.graphs import UnknownEngine, graph_of, graph_of_version
from apps.runs.state.parts import ONLY, Part, after
from apps.runs.state.vector import Byte
from apps.sandbox.expressions import has_expression
from apps.workflows.graph import CompiledNode, Graph
from apps.workflows.models import Workflow
from apps.workflows.settings import effect_of, why_anew

QUESTION, RUN = "human.approval", "flow.run"
Status = NodeRun.Status


def check_asked(run: Run, part: Part, *, actor: User) -> None:
    """Raise PastAQuestion for a new run, not saved yet, that its actor may not have so."""
    graph = graph_of(run)
    pinned = {graph.index[name] for name in part.pins}
    given = pinned | ({graph.index[part.node]} if run.edited else set())
    anew = _open(run) - pinned
    repeated = _repeated(run, graph, anew)
    for place, node in enumerate(graph.nodes):
        behind = after(graph, place) - {place}
        if not behind & anew or not _asks(node):
            continue
        is_passed = place in pinned or part.mode == ONLY or behind & given
        is_used_up = run.state[place] == Byte.DONE and behind & repeated
        if (is_passed or is_used_up) and not policies.allows(actor, _needed(node), run.workflow):
            raise PastAQuestion


def _open(run: Run) -> set[int]:
    """Return the steps that the run does, or whose pins wait for their turn."""
    return {place for place, byte in enumerate(run.state) if byte in (Byte.IDLE, Byte.READY)}


def _repeated(run: Run, graph: Graph, anew: set[int]) -> set[int]:
    """Return the steps of which the run does once more what they have done to the world.

    One that succeeded did it. One that failed may have, where others lie inside it: it begins
    anew with these, and only a key keeps a target from doing the same again.
    """
    rows = NodeRun.objects.filter(run=run.retry_of, frame="", pinned=False, place__in=anew)
    ended = rows.filter(status__in=[Status.SUCCEEDED, Status.FAILED])
    found = ended.values_list("place", "status") if run.retry_of else ()
    return {place for place, status in found if _does_again(graph.nodes[place], status)}


def _does_again(node: CompiledNode, status: str) -> bool:
    if status == Status.SUCCEEDED:
        return _within(node, _acts)
    return (node.body is not None or node.type == RUN) and _within(node, _is_once)


def _asks(node: CompiledNode) -> bool:
    """Tell whether a step asks people, or one inside it does, or in the workflow that it runs."""
    return _within(node, _is_question)


def _needed(node: CompiledNode) -> str:
    """Return the right that it takes to pass by the question of a step."""
    return "edit" if _within(node, _is_question, deep=0) else "publish"


def _is_question(node: CompiledNode) -> bool:
    return node.type == QUESTION


def _acts(node: CompiledNode) -> bool:
    """Tell whether doing a step again is another act; those inside it are looked at apart."""
    if node.node.disabled or registry.find(node.type).asks_others:
        return False
    return bool(why_anew(node.node))


def _is_once(node: CompiledNode) -> bool:
    return not node.node.disabled and effect_of(node.node) in (None, Effect.ONCE)


def _within(
    node: CompiledNode, holds: Callable[[CompiledNode], bool], *, deep: int = DEEPEST
) -> bool:
    """Tell whether something holds of a step, of those inside it, or of those it runs so deep."""
    if holds(node):
        return True
    if node.body is not None:
        return any(_within(each, holds, deep=deep) for each in node.body.nodes)
    if deep and _is_chosen_late(node):
        return True
    inner = _run_by(node) if deep else None
    return inner is not None and any(_within(each, holds, deep=deep - 1) for each in inner.nodes)


def _is_chosen_late(node: CompiledNode) -> bool:
    """Tell whether an expression says which workflow a step runs: nobody knows what lies in it."""
    return node.type == RUN and has_expression(str(node.config.get("workflow", "")))


def _run_by(node: CompiledNode) -> Graph | None:
    """Return the graph of the workflow that a step runs, as far as it can be run now."""
    if node.type != RUN or not node.config.get("workflow"):
        return None
    wanted = node.config.get("version")
    try:
        workflow = Workflow.objects.select_related("published_version").get(
            pk=node.config["workflow"]
        )
        version = workflow.published_version
        if wanted is not None:
            version = workflow.versions.filter(number=wanted).first()
        return None if version is None else graph_of_version(version.pk)
    except (Workflow.DoesNotExist, ValidationError, UnknownEngine, registry.UnknownNodeType):
        return None
