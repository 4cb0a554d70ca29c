"""The door through which a worker comes to a series whose time has come: what begins is a service."""

from celery import shared_task

from apps.campaigns import series
from apps.tenants.tasks import TenantTask, named


@shared_task(base=TenantTask, name="campaigns.begin_campaign")
def begin_campaign(series_id: str) -> None:
    """Begin a campaign of a series. Safe to deliver twice: each time begins one."""
    series.begin(named(series_id))
