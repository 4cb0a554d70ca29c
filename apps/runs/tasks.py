"""The door through which a worker comes to a run."""

from uuid import UUID

from celery import shared_task

from apps.runs.interpreter import advancing
from apps.runs.state import forgetting
from apps.tenants.tasks import HEADER, TenantTask, named


@shared_task(base=TenantTask, name="runs.advance_run")
def advance_run(run_id: str) -> None:
    """Carry a run on. Safe to deliver twice: the interpreter claims the run first."""
    advancing.advance(named(run_id))


def ring(run_id: UUID, schema: str) -> None:
    """Send for a worker; a broker that is away is the caller's to notice, at once."""
    advance_run.apply_async([str(run_id)], headers={HEADER: schema}, retry=False)


@shared_task(base=TenantTask, name="runs.forget")
def forget(run_id: str) -> None:
    """Erase what a run that is over is not to keep. Safe to deliver twice: then nothing is left."""
    forgetting.forget(named(run_id))
