"""The door through which a worker comes to a draft that changed."""

from collections.abc import Collection
from uuid import UUID

from celery import shared_task

from apps.tenants.tasks import HEADER, TenantTask, named
from apps.workflows import settling


@shared_task(base=TenantTask, name="workflows.settle")
def settle(workflow_id: str) -> None:
    """Look at a draft after changes. Safe to deliver twice: what is derived follows from the log."""
    settling.settle(named(workflow_id))


def call_settle(subjects: Collection[UUID], schema: str) -> None:
    """Send for a worker for each; a broker that is away is the caller's to notice, at once."""
    for subject in subjects:
        settle.apply_async([str(subject)], headers={HEADER: schema}, retry=False)
