"""What follows from events of runs, drafts and services: event triggers fire, and schedules that queue go on.

It hears in the transaction that writes the event down. There it only adds rows: a delivery for each
trigger that asks for the event, and its chore. So no event is lost, and a trigger that cannot
start its run does no harm to the run that the event is about.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from apps.accounts import policies
from apps.common.types import JSONDict
from apps.dispatch import chores
from apps.egress.breakers import Change
from apps.runs.models import Run, Wait
from apps.runs.state.events import Event
from apps.triggers.configs import EVENTS
from apps.triggers.deliveries import DELIVERY, Outcome
from apps.triggers.models import Delivery, Trigger
from apps.workflows.models import Workflow
from apps.workflows.settling import Burst

MOST_DEPTH = 5
CHANGED = "workflow.changed"
OVER = frozenset(f"run.{status}" for status in Run.FINISHED)
# Each run asks: its text is made once, which takes longer than the answer.
ASKING = "SELECT id FROM triggers_trigger WHERE kind = %s AND enabled AND config @> %s::jsonb"
OF_APPROVALS = {"node.waiting": "approval.requested", "node.decided": "approval.decided"}


def hear(run: Run, events: Sequence[Event]) -> None:
    """Take note of what triggers ask for."""
    for event in events:
        name = _name(event)
        if name in EVENTS and not (run.trigger == Run.Trigger.STEP and event.type in OVER):
            _fire(run, name, event)  # how an inner run ended is told by the one around it
        if event.type in OVER and run.trigger == Run.Trigger.SCHEDULE:
            _let_the_next_start(run)


@transaction.atomic
def hear_service(change: Change) -> None:
    """Take note that a service opened or recovered; it is the whole workspace's, of no workflow."""
    payload = told_of_service(change)
    for trigger in _asking(change.event):
        if policies.holds(trigger.run_as, "service.view"):
            _deliver(trigger, payload)


def told_of_service(change: Change) -> JSONDict:
    """Return what the started run is told about a service."""
    circuit = change.circuit
    return {
        "event": change.event,
        "at": circuit.since_at.isoformat(),
        "service": {
            "kind": circuit.service,
            "target": circuit.target,
            "last_error": circuit.last_error,
        },
    }


def hear_changes(burst: Burst) -> None:
    """Take note that a draft changed, of whose name the reader of the trigger may know."""
    payload = told_of_changes(burst)
    for trigger in _asking(CHANGED):
        if _asks_about(trigger, burst.workflow) and policies.allows(
            trigger.run_as, "view", burst.workflow
        ):
            _deliver(trigger, payload)


def told_of_changes(burst: Burst) -> JSONDict:
    """Return what the started run is told; which changes they are, `changes/` tells."""
    return {
        "event": CHANGED,
        "at": burst.at.isoformat(),
        "workflow": {"id": str(burst.workflow.pk), "name": burst.workflow.name},
        "authors": [str(author) for author in burst.authors],
        "changes": {"after": burst.first - 1, "last": burst.last},
    }


def _asking(name: str) -> Iterable[Trigger]:
    """Return the triggers that ask for an event; mostly there is none, so few columns ask first."""
    with connection.cursor() as cursor:
        cursor.execute(ASKING, [Trigger.Kind.EVENT, json.dumps({"events": [name]})])
        pks = [pk for (pk,) in cursor.fetchall()]
    return Trigger.objects.filter(pk__in=pks).select_related("run_as") if pks else ()


def _name(event: Event) -> str:
    """Return what triggers call the event; delays are no approvals."""
    if event.type == "node.waiting" and event.data.get("kind") != Wait.Kind.APPROVAL:
        return ""
    return OF_APPROVALS.get(event.type, event.type)


def _fire(run: Run, name: str, event: Event) -> None:
    asking = [each for each in _asking(name) if _covers(each, run)]
    if not asking:
        return
    before = _line(run)
    depth = len(before) and before[0].depth + 1
    payload = told(run, name, event)
    for trigger in asking:
        if trigger.pk in {each.trigger_id for each in before}:
            continue  # it started this run itself
        _deliver(trigger, payload, depth)


def _deliver(trigger: Trigger, payload: JSONDict, depth: int = 0) -> None:
    """Write down what is to be started."""
    delivery = Delivery(trigger=trigger, payload=payload, depth=depth)
    if depth > MOST_DEPTH:
        delivery.outcome = Outcome.REFUSED
        delivery.reason = f"{MOST_DEPTH} event triggers in a row led to this: it ends here."
    delivery.save()
    if delivery.outcome == Outcome.PENDING:
        chores.add(DELIVERY, [delivery.pk])


def _covers(trigger: Trigger, run: Run) -> bool:
    """Tell whether the run's workflow is one that the trigger asks about, and its person sees."""
    return _asks_about(trigger, run.workflow) and policies.allows(trigger.run_as, "view", run)


def _asks_about(trigger: Trigger, workflow: Workflow) -> bool:
    """Tell whether the workflow is one that the trigger asks about."""
    asked = trigger.event
    if asked.workflows and workflow.pk not in asked.workflows:
        return False
    folder = workflow.folder
    return not asked.folder or (folder is not None and f"{asked.folder}/" in folder.path)


def _line(run: Run) -> list[Delivery]:
    """Return the delivery that started a run through an event trigger, if one did."""
    if run.trigger != Run.Trigger.EVENT:
        return []
    return list(Delivery.objects.filter(run=run, outcome=Outcome.STARTED)[:1])


def told(run: Run, name: str, event: Event) -> JSONDict:
    """Return what the started run is told about the event."""
    return {
        "event": name,
        "at": event.at.isoformat(),
        "workflow": {"id": str(run.workflow_id), "name": run.workflow.name},
        "run": {
            "id": str(run.pk),
            "status": run.status,
            "trigger": run.trigger,
            "error": run.error,
            "outputs": run.outputs,
        },
        "approval": _approval(run, event) if name.startswith("approval.") else None,
    }


def _approval(run: Run, event: Event) -> JSONDict:
    wait: Any = Wait.objects.filter(run=run, frame=event.frame, node=event.node).first()
    told: JSONDict = {"id": event.data.get("wait"), "step": event.node}
    if wait is not None:
        told |= {"id": str(wait.pk), "title": wait.title, "decision": wait.decision}
    if "due" in event.data:  # a reminder, or the escalation
        told["due"] = event.data["due"]
    return told


def _let_the_next_start(run: Run) -> None:
    """Have the deliveries looked at that wait for this run to end."""
    for delivery_id in _queued_behind(run):
        chores.add(DELIVERY, [delivery_id])


def _queued_behind(run: Run) -> Iterable[Any]:
    behind = Q(trigger__deliveries__run=run, outcome=Outcome.PENDING)
    queued = Delivery.objects.filter(behind).order_by("created_at", "id")
    return queued.values_list("pk", flat=True)[:1]
