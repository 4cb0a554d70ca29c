"""The door through which a worker comes to a pack."""

from collections.abc import Collection
from uuid import UUID

from celery import shared_task

from apps.evidence import writing
from apps.tenants.tasks import HEADER, TenantTask, named


@shared_task(base=TenantTask, name="evidence.write_pack")
def write_pack(pack_id: str) -> None:
    """Carry a pack on. Safe to deliver twice: of two who write a file one keeps it."""
    writing.carry(named(pack_id))


def call_write(packs: Collection[UUID], schema: str) -> None:
    """Send for a worker for each."""
    for pack in packs:
        write_pack.apply_async([str(pack)], headers={HEADER: schema}, retry=False)
