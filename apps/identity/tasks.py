"""The door through which a worker comes to the connections that have to be looked at."""

from collections.abc import Collection
from uuid import UUID

from celery import shared_task

from apps.identity.saml import watching
from apps.tenants.tasks import HEADER, TenantTask, all_named


@shared_task(base=TenantTask, name="identity.look_at_connections")
def look_at_connections(subjects: list[str]) -> None:
    """Read metadata anew and tell of ends. Safe to deliver twice: each thing is told once."""
    watching.look(all_named(subjects))


def call_look(subjects: Collection[UUID], schema: str) -> None:
    """Send for a worker; a broker that is away is the caller's to notice, at once."""
    look_at_connections.apply_async(
        [list(map(str, subjects))], headers={HEADER: schema}, retry=False
    )
