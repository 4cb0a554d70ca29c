"""Beginning to wait: what a step waits for, and the timers that go with it."""

from apps.classification.veil import column, masked, words
from apps.common.types import JSONDict
from apps.dispatch.models import Timer
from apps.dispatch.services import Alarm
from apps.runs.approvals import asking
from apps.runs.interpreter import signals
from apps.runs.interpreter.folding import timer_key
from apps.runs.models import Run, Wait
from apps.runs.state import withholding
from apps.workflows.marks import OUTPUT

TITLE_LENGTH = 400


def fill(wait: Wait, wanted: JSONDict) -> None:
    """Note what a step wants of its wait. Raises NodeError if nobody could end it."""
    for name, value in wanted.items():
        setattr(wait, name, value)
    if wait.kind == Wait.Kind.APPROVAL:
        asking.check(wait.run, wanted)


def withhold(wait: Wait, run: Run, config: JSONDict) -> None:
    """Take out of a wait what is withheld in its run, and note what will be of the answer to it.

    What its author wrote as it stands there is no value of a run.
    """
    marks = withholding.marks_of(run.version).at(wait.node, OUTPUT)
    if marks:
        wait.terms = {**wait.terms, "withholds": withholding.described(marks)}
    if not withholding.is_withholding():
        return
    if wait.title != config.get("title"):
        wait.title = words(wait.title, TITLE_LENGTH)
    if wait.body != config.get("body"):
        wait.body = words(wait.body)
    wait.value, wait.key = column(wait.value), signals.stored_key(wait.key)
    if "fields" in wait.terms:  # with what they are filled in before
        wait.terms = {**wait.terms, "fields": masked(wait.terms["fields"])}
    labels = {each.get("label") for each in config.get("actions") or () if isinstance(each, dict)}
    wait.actions = [
        each if each["label"] in labels else {**each, "label": str(masked(each["label"]))}
        for each in wait.actions
    ]


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
