"""The doors through which a worker comes to archives."""

from celery import shared_task

from apps.portability import exporting, importing
from apps.tenants.tasks import TenantTask, named


@shared_task(base=TenantTask, name="portability.write_archive")
def write_archive(export_id: str) -> None:
    """Carry an export on. Safe to deliver twice: one reads, and of two who write a piece one keeps it."""
    exporting.carry(named(export_id))


@shared_task(base=TenantTask, name="portability.expire_archives")
def expire_archives() -> None:
    """Let go of archives whose time is over. Safe to deliver twice."""
    exporting.expire()


@shared_task(base=TenantTask, name="portability.read_archive")
def read_archive(job_id: str) -> None:
    """Carry an import on. Safe to deliver twice: one writes, and the import is done with its rows."""
    importing.carry(named(job_id))


@shared_task(base=TenantTask, name="portability.forget_archive")
def forget_archive(job_id: str) -> None:
    """Forget an archive that nobody started. Safe to deliver twice."""
    importing.forget(named(job_id))
