"""The door through which a worker comes to the outbox."""

from celery import shared_task

from apps.notifications import outbox
from apps.tenants.tasks import TenantTask


@shared_task(base=TenantTask, name="notifications.send_mails")
def send_mails() -> None:
    """Send the mails of a workspace that are due. Safe to deliver twice: each is claimed first."""
    outbox.send_due()
