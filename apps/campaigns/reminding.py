"""Reminders before and after the last day of a campaign, each told once."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.campaigns import news
from apps.campaigns.models import Campaign
from apps.dispatch import chores

CHORE = "campaigns.remind"
DAYS = (-7, -1, 0, 7, 14, 21, 28)  # from the last day


def plan(campaign: Campaign) -> None:
    """Have the next reminder sent when it is time."""
    moment = _next(campaign, chores.now())
    if moment is None or not campaign.is_open:
        chores.done(CHORE, [campaign.pk])
    else:
        chores.plan(CHORE, [campaign.pk], moment)


@transaction.atomic
def remind(campaign_id: UUID) -> None:
    """Tell who has not finished, unless the campaign is over. Safe to repeat: each is told once."""
    campaign = Campaign.objects.select_related("owner").open().filter(pk=campaign_id).first()
    if campaign is None:
        chores.done(CHORE, [campaign_id])
        return
    day = _last(campaign, chores.now())
    if day is not None:
        news.tell_due(campaign, f"{campaign.pk}:{day}")
    plan(campaign)


def _next(campaign: Campaign, after: datetime) -> datetime | None:
    moments = [campaign.due_at + timedelta(days=day) for day in DAYS]
    return next((moment for moment in moments if moment > after), None)


def _last(campaign: Campaign, now: datetime) -> int | None:
    """Return which reminder's time has come, by its days from the last day."""
    past = [day for day in DAYS if campaign.due_at + timedelta(days=day) <= now]
    return past[-1] if past else None
