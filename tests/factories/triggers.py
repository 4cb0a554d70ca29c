"""Triggers to test with: made through the services; time comes by moving what is due."""

from datetime import datetime, timedelta
from typing import Any

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.dispatch import chores
from apps.dispatch.models import Chore
from apps.triggers import deliveries, firing
from apps.triggers.deliveries import DELIVERY
from apps.triggers.models import Delivery, Trigger
from apps.triggers.services import create_trigger, update_trigger
from apps.workflows.models import Workflow
from tests.runs.scenes import published
from tests.workflows.definitions import edge, node


def echo() -> JSONDict:
    """A workflow that answers whatever it is given."""
    return {
        "schema": 1,
        "nodes": [
            node("start", "core.start", config={"fields": []}),
            node("reply", "core.respond", config={"body": "{{ input }}"}),
        ],
        "edges": [edge("start", "reply")],
        "settings": {},
    }


def trigger(actor: User, kind: str, config: JSONDict, **rest: Any) -> Trigger:
    """Make a trigger of a workflow that echoes, or of the one given."""
    workflow: Workflow = rest.pop("workflow", None) or published(actor, echo(), name="Echo")
    made, _ = create_trigger(
        actor=actor, name=f"A {kind}", kind=kind, workflow=workflow, config=config, **rest
    )
    return made


def reconfigured(made: Trigger, actor: User, **config: Any) -> Trigger:
    """Change some of a trigger's settings."""
    changes = {"config": {**made.config, **config}}
    return update_trigger(made, actor=actor, changes=changes)[0]


def due(schedule: Trigger, next_at: datetime) -> None:
    """Let a schedule's next fire time be then; an interval counts as if it always had."""
    every = timedelta(seconds=schedule.schedule.every_s or 0)
    since = next_at - 10_000 * every
    Trigger.objects.filter(pk=schedule.pk).update(next_at=next_at, since=since)
    Chore.objects.filter(subject=schedule.pk).update(due_at=next_at)


def fire(schedule: Trigger) -> list[Delivery]:
    """Fire a schedule as a worker does; return its deliveries, the oldest first."""
    firing.fire(schedule.pk)
    return list(schedule.deliveries.order_by("created_at", "id"))


def carry_out_all() -> None:
    """Carry out what is pending in the workspace, as the sweep would have it done."""
    pending = Chore.objects.filter(kind=DELIVERY).order_by("pk")
    for subject in pending.values_list("subject", flat=True):
        deliveries.carry_out(subject)


def now() -> datetime:
    """Return the database's time."""
    return chores.now()
