"""Taking in what happened while nobody carried the run: decisions, signals, timers that fired.

The wake count of the ticket is read before anything here: what comes later raises it, and the
release then compares it. Folding twice gives the same, so a crash in between loses nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from apps.classification.veil import resolved
from apps.common.types import JSONDict
from apps.dispatch import services as dispatch
from apps.dispatch.models import Timer
from apps.runs.approvals import asking
from apps.runs.approvals.terms import Terms
from apps.runs.interpreter import signals
from apps.runs.models import Run, Vote, Wait
from apps.runs.state import withholding
from apps.runs.state.events import Event, tell_listeners

EXPIRED = "expired"
SAID = frozenset({"outputs", "comment", "form", "value", "votes"})  # with values of people and runs


@dataclass
class Folded:
    """What ends the wait of which step; steps by frame and id."""

    decisions: dict[tuple[str, str], JSONDict] = field(default_factory=dict)
    retries: set[tuple[str, str]] = field(default_factory=set)
    keys: list[str] = field(default_factory=list)  # of timers that have done their work
    is_too_late: bool = False  # the deadline of the run has passed


def timer_key(frame: str, node: str) -> str:
    """Return how timers name a step."""
    return f"{frame}:{node}" if frame else node


def fold(run: Run, waiting: Collection[tuple[str, str]]) -> Folded:
    """Return what has come for the steps that wait."""
    folded = Folded()
    for timer in dispatch.fired_timers(run.pk):
        if timer.kind == Timer.Kind.NUDGE:  # sets itself anew as long as there is a next time
            asking.nudge(UUID(timer.key), run.pk, timer.fired_at or timer.fire_at)
            continue
        folded.keys.append(timer.key)
        match timer.kind:
            case Timer.Kind.DEADLINE:
                folded.is_too_late = True
            case Timer.Kind.RETRY:
                folded.retries.add(_of(timer))
            case _:
                _end_wait(run, timer)
    if waiting:
        signals.take_kept(run, waiting)
        ended = Wait.objects.filter(run=run, node__in={node for _, node in waiting})
        ended = ended.exclude(status=Wait.Status.OPEN).select_related("decided_by", "child")
        read = ended.prefetch_related("votes__voter")
        made = {(wait.frame, wait.node): wait for wait in read}
        folded.decisions = {each: _decision(run, made[each]) for each in waiting if each in made}
        for decision in folded.decisions.values():
            decision |= {name: resolved(decision[name]) for name in SAID & decision.keys()}
    return folded


def _of(timer: Timer) -> tuple[str, str]:
    frame, _, node = timer.key.rpartition(":")
    return frame, node


@transaction.atomic
def _end_wait(run: Run, timer: Timer) -> None:
    """End the wait of a timer, unless a person was first: one statement decides between them."""
    expired = timer.kind == Timer.Kind.EXPIRY
    frame, node = _of(timer)
    waits = Wait.objects.filter(run=run, frame=frame, node=node)
    with transaction.atomic():
        ended = waits.open().update(
            status=Wait.Status.EXPIRED if expired else Wait.Status.DECIDED,
            decision=EXPIRED if expired else "",
            decided_at=timer.fire_at,
            updated_at=timer.fire_at,
        )
        if ended and expired:
            asking.ended(waits.approvals().values_list("pk", flat=True), run.pk)
            tell_listeners(run, [Event("approval.expired", node, frame=frame)])


def _decision(run: Run, wait: Wait) -> JSONDict:
    assert wait.decided_at is not None
    if wait.child is not None:
        child = wait.child
        withholding.adopt(run, child)
        ended = {"status": child.status, "outputs": child.outputs, "error": child.error}
        ended["blob"] = child.outputs_blob  # read by the step that takes it
        return {"run": str(child.pk), **ended, "at": wait.decided_at.isoformat()}
    told: JSONDict = {
        "decision": wait.decision,
        "comment": wait.comment,
        "form": wait.form,
        "decided_by": str(wait.decided_by) if wait.decided_by else "",
        "at": wait.decided_at.isoformat(),
    }
    if wait.kind != Wait.Kind.APPROVAL:
        return told
    value = wait.value if Terms.of(wait.terms).editable else None
    return {**told, "value": value, "votes": [_vote(vote) for vote in wait.votes.all()]}


def _vote(vote: Vote) -> JSONDict:
    return {
        "by": str(vote.voter),
        "email": vote.voter.email,
        "decision": vote.decision,
        "comment": vote.comment,
        "form": vote.form or {},
        "stage": vote.stage,
        "round": vote.round,
        "at": vote.created_at.isoformat(),
    }
