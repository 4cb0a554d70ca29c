"""The door through which a worker comes to sealing again."""

from collections.abc import Collection
from uuid import UUID

from celery import shared_task

from apps.credentials.data_keys import carrying
from apps.tenants.tasks import HEADER, TenantTask, named


@shared_task(base=TenantTask, name="credentials.reseal")
def reseal(key_id: str) -> None:
    """Give all to the key. Safe to deliver twice: what is sealed with it already is left alone."""
    carrying.carry(named(key_id))


def call_reseal(keys: Collection[UUID], schema: str) -> None:
    """Send for a worker for each."""
    for key in keys:
        reseal.apply_async([str(key)], headers={HEADER: schema}, retry=False)
