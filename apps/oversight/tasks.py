"""The doors through which a worker comes to jobs about the trail."""

from celery import shared_task

from apps.oversight import delivering, exporting, verifying
from apps.tenants.tasks import TenantTask, named


@shared_task(base=TenantTask, name="oversight.verify_trail")
def verify_trail(job_id: str) -> None:
    """Carry a verification on. Safe to deliver twice: steps take turns."""
    verifying.carry(named(job_id))


@shared_task(base=TenantTask, name="oversight.write_export")
def write_export(job_id: str) -> None:
    """Carry an export on. Safe to deliver twice: of two who write a piece one keeps it."""
    exporting.carry(named(job_id))


@shared_task(base=TenantTask, name="oversight.expire_exports")
def expire_exports() -> None:
    """Let go of exports whose time is over. Safe to deliver twice."""
    exporting.expire()


@shared_task(base=TenantTask, name="oversight.deliver_stream")
def deliver_stream(stream_id: str) -> None:
    """Send what a stream has not got yet. Safe to deliver twice: entries may arrive twice, never not."""
    delivering.deliver(named(stream_id))
