"""The doors through which a worker comes to what is due."""

from celery import shared_task

from apps.tenants.tasks import TenantTask, named
from apps.triggers import deliveries, firing


@shared_task(base=TenantTask, name="triggers.fire")
def fire(trigger_id: str) -> None:
    """Fire a schedule. Safe to deliver twice: the trigger's row is locked, its next time moves on."""
    firing.fire(named(trigger_id))


@shared_task(base=TenantTask, name="triggers.carry_out")
def carry_out(delivery_id: str) -> None:
    """Start the run of a delivery. Safe to deliver twice: only a pending one is looked at."""
    deliveries.carry_out(named(delivery_id))
