"""Beginning to wait: what a step waits for, and the timers that go with it."""

from apps.common.types import JSONDict
from apps.dispatch.models import Timer
from apps.dispatch.services import Alarm
from apps.runs.approvals import asking
from apps.runs.interpreter import signals
from apps.runs.interpreter.folding import timer_key
from apps.runs.models import Wait


def fill(wait: Wait, wanted: JSONDict) -> None:
    """Note what a step wants of its wait. Raises NodeError if nobody could end it."""
    for name, value in wanted.items():
        setattr(wait, name, value)
    if wait.kind == Wait.Kind.APPROVAL:
        asking.check(wait.run, wanted)


def timers_of(wait: Wait) -> list[Alarm]:
    """Return the timers with which a wait begins."""
    alarms = []
    if wait.expires_at is not None:
        kind = Timer.Kind.DELAY if wait.kind == Wait.Kind.DELAY else Timer.Kind.EXPIRY
        alarms.append(Alarm(timer_key(wait.frame, wait.node), kind, wait.expires_at))
    nudge = asking.first_nudge(wait) if wait.kind == Wait.Kind.APPROVAL else None
    alarms += [nudge] if nudge else []
    if wait.kind == Wait.Kind.SIGNAL and signals.is_kept(wait.run, wait.signal, wait.key):
        assert wait.asked_at is not None
        alarms.append(Alarm(str(wait.pk), Timer.Kind.NUDGE, wait.asked_at))  # it is taken at once
    return alarms
