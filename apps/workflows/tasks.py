"""The door through which a worker comes to a draft that changed."""

from celery import shared_task

from apps.tenants.tasks import TenantTask, named
from apps.workflows import settling


@shared_task(base=TenantTask, name="workflows.settle")
def settle(workflow_id: str) -> None:
    """Look at a draft after changes. Safe to deliver twice: what is derived follows from the log."""
    settling.settle(named(workflow_id))
