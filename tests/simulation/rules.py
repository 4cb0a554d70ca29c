"""What must hold at the end of a story: the auditor's rules, and what only the world can know."""

from collections import Counter
from collections.abc import Iterator
from copy import copy
from typing import TYPE_CHECKING

from apps.runs.interpreter.effects import key_of
from apps.runs.models import NodeRun, Run
from apps.runs.state.graphs import graph_of
from tests.faults.auditor import audit
from tests.simulation.effects import Act

if TYPE_CHECKING:
    from tests.simulation.story import Story


def broken(story: "Story") -> list[str]:
    """Return what is wrong."""
    runs = story.runs
    found = [f"I2 {run} never came to its end: {run.status}" for run in runs if not run.is_finished]
    found += audit(runs, expected=len(runs))
    for run in runs:
        found += [*_losses(run, story), *_effects(run, story), *_late(run, story), *_early(run)]
    return found


def _losses(run: Run, story: "Story") -> Iterator[str]:
    """Nobody is declared lost who was neither dead nor frozen."""
    recovered = run.events.filter(type="run.recovered").count()
    if recovered > story.world.losses[run.pk]:
        yield f"D2 {run}: {recovered} carriers lost, {story.world.losses[run.pk]} died or froze"


def _effects(run: Run, story: "Story") -> Iterator[str]:
    """I5: what succeeded reached the target; no more repeats than losses; `once` is once."""
    calls = [call for call in story.target.calls if call.run == str(run.pk)]
    acts = list(NodeRun.objects.filter(run=run, type=Act.name))
    known = {key for row in acts for key in _keys(run, row)}
    settled = set(run.events.filter(type="run.settled").values_list("data__node", flat=True))
    for key in {call.key for call in calls} - known:
        yield f"I5 {run}: key {key} is not known to history"
    seen = {call.key for call in story.target.calls}  # a chunk takes over what the outer run did
    for row in acts:
        made = row.status == NodeRun.Status.SUCCEEDED and row.node not in settled
        if made and key_of(run, row.node, row.frame) not in seen:
            yield f"I5 {run}: {row.node} succeeded and never reached the target"
    for call, times in Counter((c.key, c.attempt, c.effect, c.node) for c in calls).items():
        allowed = 0 if call[2] == "once" else story.world.losses[run.pk]
        if times - 1 > allowed:
            yield f"I5 {run}: {call[3]} ({call[2]}) was repeated {times - 1} times"


def _keys(run: Run, row: NodeRun) -> Iterator[str]:
    """Yield the keys that a step has had: a new one each time that a person had it run again."""
    then = copy(run)
    for generation in range(run.generations.get(row.node, 0) + 1):
        then.generations = {row.node: generation}
        yield key_of(then, row.node, row.frame)


def _late(run: Run, story: "Story") -> Iterator[str]:
    """D10: no step acts that was begun after a cancel was committed, but those that undo."""
    if run.pk not in story.cancelled:
        return
    graph = graph_of(run)
    undoing = {graph.nodes[place].id for place in graph.undoing}
    begun = run.events.filter(type="node.started", seq__gt=story.cancelled[run.pk])
    for event in begun.exclude(node__in=undoing):
        key = key_of(run, event.node, event.frame)
        if any(call.key == key and call.attempt == event.attempt for call in story.target.calls):
            yield f"D10 {run}: {event.node} acted after the cancel"


def _early(run: Run) -> Iterator[str]:
    """D9: nobody has waited less than the time that was to pass."""
    events = list(run.events.order_by("seq"))
    until = {
        (event.frame, event.node): event.data["until"]
        for event in events
        if event.type == "node.waiting" and event.data.get("kind") == "delay"
    }
    for event in events:
        due = until.get((event.frame, event.node))
        if event.type == "node.succeeded" and due and event.at.isoformat() < due:
            yield f"D9 {run}: {event.node} waited until {event.at}, not until {due}"
