"""The doors through which a worker comes to a job, and to the trail."""

from celery import shared_task

from apps.retention import carrying, trail
from apps.tenants.tasks import TenantTask, named


@shared_task(base=TenantTask, name="retention.carry_job")
def carry_job(job_id: str) -> None:
    """Carry a job on. Safe to deliver twice: batches take turns."""
    carrying.carry(named(job_id))


@shared_task(base=TenantTask, name="retention.link_trail")
def link_trail() -> None:
    """Link the new entries of the trail. Safe to deliver twice: an entry has one place."""
    trail.link_pending()
