"""The door through which a worker comes to the outbox."""

from collections.abc import Collection
from uuid import UUID

from celery import shared_task

from apps.notifications import outbox
from apps.tenants.tasks import HEADER, TenantTask


@shared_task(base=TenantTask, name="notifications.send_mails")
def send_mails() -> None:
    """Send the mails of a workspace that are due. Safe to deliver twice: each is claimed first."""
    outbox.send_due()


def call_send_mails(mails: Collection[UUID], schema: str) -> None:
    """Send for one worker for all of them; a broker that is away is the caller's to notice."""
    send_mails.apply_async(headers={HEADER: schema}, retry=False)
