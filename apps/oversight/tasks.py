"""The doors through which a worker comes to jobs about the trail."""

from collections.abc import Collection
from uuid import UUID

from celery import shared_task

from apps.oversight import verifying
from apps.tenants.tasks import HEADER, TenantTask


@shared_task(base=TenantTask, name="oversight.verify_trail")
def verify_trail(job_id: str) -> None:
    """Carry a verification on. Safe to deliver twice: steps take turns."""
    verifying.carry(UUID(job_id))


def call_verify(jobs: Collection[UUID], schema: str) -> None:
    """Send for a worker for each."""
    for job in jobs:
        verify_trail.apply_async([str(job)], headers={HEADER: schema}, retry=False)
