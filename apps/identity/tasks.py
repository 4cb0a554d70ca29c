"""The door through which a worker comes to the connections that have to be looked at."""

from celery import shared_task

from apps.identity.saml import watching
from apps.tenants.tasks import TenantTask, all_named


@shared_task(base=TenantTask, name="identity.look_at_connections")
def look_at_connections(subjects: list[str]) -> None:
    """Read metadata anew and tell of ends. Safe to deliver twice: each thing is told once."""
    watching.look(all_named(subjects))
