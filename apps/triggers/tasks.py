"""The doors through which a worker comes to what is due."""

from collections.abc import Collection
from functools import partial
from typing import Any
from uuid import UUID

from celery import shared_task

from apps.tenants.tasks import HEADER, TenantTask, named
from apps.triggers import deliveries, firing


@shared_task(base=TenantTask, name="triggers.fire")
def fire(trigger_id: str) -> None:
    """Fire a schedule. Safe to deliver twice: the trigger's row is locked, its next time moves on."""
    firing.fire(named(trigger_id))


@shared_task(base=TenantTask, name="triggers.carry_out")
def carry_out(delivery_id: str) -> None:
    """Start the run of a delivery. Safe to deliver twice: only a pending one is looked at."""
    deliveries.carry_out(named(delivery_id))


def _call(task: Any, subjects: Collection[UUID], schema: str) -> None:
    """Send for a worker for each; a broker that is away is the caller's to notice, at once."""
    for subject in subjects:
        task.apply_async([str(subject)], headers={HEADER: schema}, retry=False)


call_fire = partial(_call, fire)
call_carry_out = partial(_call, carry_out)
