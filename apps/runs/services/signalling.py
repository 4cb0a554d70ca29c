"""Signals from outside into live runs: each is taken once, an early one kept for a while."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.classification.veil import column
from apps.common.types import JSON, JSONDict
from apps.runs.engine import engine
from apps.runs.exceptions import (
    AmbiguousSignal,
    BadSignal,
    LateSignal,
    RunFinished,
    SignalIdReused,
    TooManySignals,
    UnknownSignal,
)
from apps.runs.interpreter import signals
from apps.runs.interpreter.ledger import announce
from apps.runs.models import Run, Signal, Wait, WaitQuerySet
from apps.runs.state import events, withholding
from apps.runs.state.events import Event
from apps.workflows.marks import OUTPUT

KEEP = timedelta(hours=24)
MOST_KEPT = 100


@transaction.atomic
def send_signal(
    *,
    actor: User,
    name: str,
    key: str,
    payload: JSON = None,
    external_id: str = "",
    run: Run | None = None,
) -> Signal:
    """Hand a signal to the step that waits for its name and key; a repeat of its id changes nothing.

    Addressed to a run that does not wait for it yet, it is kept a day. Raises UnknownSignal,
    LateSignal, AmbiguousSignal, BadSignal, SignalIdReused, RunFinished, TooManySignals, Forbidden.
    """
    if run is not None:
        policies.check(actor, "signal", run)
    sent = Signal(name=name, key=key, payload=payload, external_id=external_id, sent_by=actor)
    waits = _waits(sent, actor, run)
    open_ = list(waits.open().select_related("run__workflow__folder").order_by("id")[:2])
    known = _known(sent, run)  # only now: what has closed a wait meanwhile is seen here
    if known is not None:
        return known
    wait = open_[0] if open_ else None
    if wait is None:
        _check_early(sent, waits, run)
    elif len(open_) > 1 and run is None:
        raise AmbiguousSignal
    target = wait.run if wait else run
    assert target is not None
    policies.check(actor, "signal", target)
    engine().lock(target.pk)  # whoever ends the run does too
    known = _known(sent, run)
    if known is not None:
        return known
    try:
        with withholding.writing(target):
            return _taken(sent, wait) if wait is not None else _kept(sent, target)
    except IntegrityError as error:  # the same id at the same moment, to another run
        raise SignalIdReused from error


def _known(sent: Signal, run: Run | None) -> Signal | None:
    """Return the signal that was sent under this id before. Raises SignalIdReused for another one."""
    if not sent.external_id:
        return None
    signalled = Signal.objects.filter(sent_by=sent.sent_by, external_id=sent.external_id)
    found = signalled.select_related("run").first()
    if found is None:
        return None
    payload = withholding.revealed(found.run, found.payload)
    is_known_key = found.key in (sent.key, signals.digest_of(sent.key))
    same = found.name == sent.name and is_known_key and payload == sent.payload
    if not same or (run is not None and run.pk != found.run_id):
        raise SignalIdReused
    return found


def _waits(sent: Signal, actor: User, run: Run | None) -> WaitQuerySet:
    """Return what waits, or has waited, for the signal: in the run, or wherever the actor may see."""
    keys = (sent.key, signals.digest_of(sent.key))
    waits = Wait.objects.filter(kind=Wait.Kind.SIGNAL, signal=sent.name, key__in=keys)
    if run is not None:
        return waits.filter(run=run)
    return waits.filter(run__in=policies.visible(actor, Run.objects.all()))


def _check_early(sent: Signal, waits: WaitQuerySet, run: Run | None) -> None:
    """Raise what keeps a signal, for which nothing waits now, from being kept for its run."""
    if run is not None and run.is_finished:
        raise RunFinished
    if waits.exists():
        raise LateSignal
    if run is None or not _waiting_for(sent.name, run):
        raise UnknownSignal


def _waiting_for(name: str, run: Run) -> list[JSONDict]:
    """Return the steps of the run's version that wait for signals of a name."""
    nodes: list[JSONDict] = run.version.definition["nodes"]
    waiting = [node for node in nodes if node["type"] == "flow.signal"]
    return [node for node in waiting if str(node.get("config", {}).get("name")) == name]


def _taken(sent: Signal, wait: Wait) -> Signal:
    problem = signals.problem_of(sent.payload, wait)
    if problem:
        raise BadSignal.at("payload", problem, "invalid")
    withholding.learn_marked({"payload": sent.payload}, withholding.kept_marks(wait.terms))
    sent.payload, sent.key = column(sent.payload), wait.key
    if not signals.hand_over(sent, wait):
        raise LateSignal
    record("run.signalled", actor=sent.sent_by, target=wait.run, after=_told(sent))
    data = {"wait": str(wait.pk), "decision": signals.RECEIVED, "by": str(sent.sent_by)}
    announce(
        wait.run,
        events.append(wait.run, [Event("node.decided", wait.node, data=data, frame=wait.frame)]),
    )
    engine().wake(wait.run_id)
    return sent


def _kept(sent: Signal, run: Run) -> Signal:
    """Keep an early signal; the wake-up makes a step see it that begins to wait just now."""
    run.refresh_from_db(fields=["status"])
    if run.is_finished:
        raise RunFinished
    if run.signals.filter(status=Signal.Status.KEPT).count() >= MOST_KEPT:
        raise TooManySignals(retry_after=60)
    marks = withholding.marks_of(run.version)
    for node in _waiting_for(sent.name, run):
        withholding.learn_marked({"payload": sent.payload}, marks.at(node["id"], OUTPUT))
    sent.payload, sent.key = column(sent.payload), signals.stored_key(sent.key)
    sent.run, sent.status = run, Signal.Status.KEPT
    sent.keep_until = timezone.now() + KEEP
    sent.save(force_insert=True)
    record("run.signalled", actor=sent.sent_by, target=run, after=_told(sent))
    engine().wake(run.pk)
    return sent


def _told(sent: Signal) -> dict[str, JSON]:
    return {"name": sent.name, "key": sent.key, "id": sent.external_id or str(sent.pk)}
