"""Work that the public site leaves to the workers, so that its answer tells nothing."""

from celery import shared_task

from apps.onboarding import mails
from apps.tenants.tasks import TenantTask


@shared_task(base=TenantTask, of_platform=True)
def mail_workspaces(email: str) -> None:
    """Mail an address its workspaces."""
    mails.mail_workspaces(email)
