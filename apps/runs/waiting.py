"""Beginning to wait: the row of what a step waits for, and the timers that go with it."""

from datetime import datetime

from apps.dispatch.models import Timer
from apps.dispatch.services import Alarm
from apps.nodes.base import Suspend
from apps.runs import asking, signals
from apps.runs.models import Run, Wait


def opened(
    run: Run, node: str, wanted: Suspend, until: datetime | None, now: datetime
) -> tuple[Wait, list[Alarm]]:
    """Return the wait, not saved yet, and its timers. Raises NodeError if nobody could end it."""
    wait = Wait(
        run=run, node=node, kind=wanted.kind, expires_at=until, asked_at=now, **wanted.data
    )  # fmt: skip
    alarms = []
    if until is not None:
        delay = wait.kind == Wait.Kind.DELAY
        alarms.append(Alarm(node, Timer.Kind.DELAY if delay else Timer.Kind.EXPIRY, until))
    if wait.kind == Wait.Kind.APPROVAL:
        asking.check(run, wanted.data)
        nudge = asking.first_nudge(wait)
        alarms += [nudge] if nudge else []
    elif wait.kind == Wait.Kind.SIGNAL and signals.is_kept(run, wait.signal, wait.key):
        alarms.append(Alarm(str(wait.pk), Timer.Kind.NUDGE, now))  # it is taken at once
    return wait, alarms
