"""The doors through which a worker comes to imports, and to tokens that end soon."""

from celery import shared_task

from apps.directory import watching
from apps.directory.imports import carrying
from apps.tenants.tasks import TenantTask, all_named, named


@shared_task(base=TenantTask, name="directory.import_people")
def import_people(job_id: str) -> None:
    """Carry an import on. Safe to deliver twice: steps take turns."""
    carrying.carry(named(job_id))


@shared_task(base=TenantTask, name="directory.forget_import")
def forget_import(job_id: str) -> None:
    """Forget a file that nobody started. Safe to deliver twice."""
    carrying.forget(named(job_id))


@shared_task(base=TenantTask, name="directory.look_at_tokens")
def look_at_tokens(subjects: list[str]) -> None:
    """Tell of tokens that end soon. Safe to deliver twice: each thing is told once."""
    watching.look(all_named(subjects))
