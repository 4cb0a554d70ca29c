"""The doors through which a worker comes to imports."""

from collections.abc import Collection
from uuid import UUID

from celery import shared_task

from apps.directory.imports import carrying
from apps.tenants.tasks import HEADER, TenantTask


@shared_task(base=TenantTask, name="directory.import_people")
def import_people(job_id: str) -> None:
    """Carry an import on. Safe to deliver twice: steps take turns."""
    carrying.carry(UUID(job_id))


@shared_task(base=TenantTask, name="directory.forget_import")
def forget_import(job_id: str) -> None:
    """Forget a file that nobody started. Safe to deliver twice."""
    carrying.forget(UUID(job_id))


def call_import(jobs: Collection[UUID], schema: str) -> None:
    """Send for a worker for each."""
    for job in jobs:
        import_people.apply_async([str(job)], headers={HEADER: schema}, retry=False)


def call_forget(jobs: Collection[UUID], schema: str) -> None:
    """Send for a worker for each."""
    for job in jobs:
        forget_import.apply_async([str(job)], headers={HEADER: schema}, retry=False)
