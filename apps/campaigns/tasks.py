"""The doors through which a worker comes to access reviews."""

from celery import shared_task

from apps.campaigns import carrying, reminding, taking
from apps.tenants.tasks import TenantTask, named


@shared_task(base=TenantTask, name="campaigns.take_rights")
def take_rights(campaign_id: str) -> None:
    """Fix the rights of a campaign. Safe to deliver twice: the campaign's row says whose turn it is."""
    taking.carry(named(campaign_id))


@shared_task(base=TenantTask, name="campaigns.carry_out")
def carry_out(campaign_id: str) -> None:
    """Take away what is to go. Safe to deliver twice: each right is looked at once."""
    carrying.carry(named(campaign_id))


@shared_task(base=TenantTask, name="campaigns.remind_reviewers")
def remind_reviewers(campaign_id: str) -> None:
    """Remind who has not finished. Safe to deliver twice: each reminder is told once."""
    reminding.remind(named(campaign_id))
