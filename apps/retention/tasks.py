"""The door through which a worker comes to a job."""

from uuid import UUID

from celery import shared_task

from apps.retention import carrying
from apps.tenants.tasks import TenantTask


@shared_task(base=TenantTask, name="retention.carry_job")
def carry_job(job_id: str) -> None:
    """Carry a job on. Safe to deliver twice: batches take turns."""
    carrying.carry(UUID(job_id))
