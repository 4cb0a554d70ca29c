"""The door through which a worker comes to a pack."""

from celery import shared_task

from apps.evidence import writing
from apps.tenants.tasks import TenantTask, named


@shared_task(base=TenantTask, name="evidence.write_pack")
def write_pack(pack_id: str) -> None:
    """Carry a pack on. Safe to deliver twice: of two who write a file one keeps it."""
    writing.carry(named(pack_id))
