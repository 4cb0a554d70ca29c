"""Campaigns that begin again and again: in the name of who owns the series, as long as they may."""

from calendar import monthrange
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.campaigns import news, services
from apps.campaigns.exceptions import SeriesPaused
from apps.campaigns.models import Campaign, Series
from apps.common.errors import DomainError, Forbidden, Invalid
from apps.dispatch import chores

CHORE = "campaigns.begin"
LEFT = "Its owner may not manage access reviews any more."


def later(moment: datetime, months: int) -> datetime:
    """Return the same day so many months later, or the month's last one."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    day = min(moment.day, monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)


@transaction.atomic
def start_series(*, actor: User, months: int, **terms: Any) -> tuple[Series, Campaign]:
    """Begin a campaign now, and one like it every so many months. Raises Forbidden, Invalid."""
    policies.require(actor, "campaign.manage")
    if months not in Series.Every.values:
        raise Invalid.at("months", f"Use one of {', '.join(map(str, Series.Every.values))}.")
    kept = services.checked(terms)
    now = timezone.now()
    series = Series.objects.create(
        **kept, owner=actor, months=months, began_at=now, next_at=later(now, months)
    )
    record("campaign_series.started", actor=actor, target=series, after=_told(series))
    chores.plan(CHORE, [series.pk], series.next_at)
    return series, services.start_campaign(actor=actor, series=series, **kept)


@transaction.atomic
def pause(series: Series, *, actor: User) -> Series:
    """Let no campaign begin until somebody says so. Raises SeriesPaused, Forbidden."""
    series = _locked(series, actor)
    if series.paused_at is not None:
        raise SeriesPaused
    series.paused_at = timezone.now()
    series.save(update_fields=["paused_at", "updated_at"])
    record("campaign_series.paused", actor=actor, target=series)
    chores.done(CHORE, [series.pk])
    return series


@transaction.atomic
def resume(series: Series, *, actor: User) -> Series:
    """Let campaigns begin again, in the name of who says so; those missed are not made up for.

    Raises Forbidden, and Invalid where nobody could be asked any more.
    """
    series = _locked(series, actor)
    services.checked(_terms(series))
    series.owner, series.paused_at, series.trouble = actor, None, ""
    series.next_at = _next(series)
    series.save(update_fields=["owner", "paused_at", "trouble", "next_at", "updated_at"])
    record("campaign_series.resumed", actor=actor, target=series, after={"next_at": series.next_at})
    chores.plan(CHORE, [series.pk], series.next_at)
    return series


@transaction.atomic
def end(series: Series, *, actor: User) -> None:
    """Forget when campaigns begin; those that began stay."""
    series = _locked(series, actor)
    record("campaign_series.ended", actor=actor, target=series, before=_told(series))
    chores.done(CHORE, [series.pk])
    series.delete()


@transaction.atomic
def begin(series_id: UUID) -> Campaign | None:
    """Begin the campaign of a series whose time has come. Safe to repeat: each time begins one."""
    running = Series.objects.running().select_related("folder", "reviewer", "reviewer_role")
    series = running.select_for_update(skip_locked=True, of=("self",)).filter(pk=series_id).first()
    if series is None:
        if not Series.objects.running().filter(pk=series_id).exists():
            chores.done(CHORE, [series_id])
        return None
    if series.next_at > timezone.now():
        chores.plan(CHORE, [series_id], series.next_at)
        return None
    try:
        with transaction.atomic():
            campaign = _begun(series)
    except DomainError as error:
        _stop(series, error)
        return None
    series.next_at = _next(series)
    series.save(update_fields=["next_at", "updated_at"])
    chores.plan(CHORE, [series_id], series.next_at)
    return campaign


def _begun(series: Series) -> Campaign:
    if series.owner is None or not policies.holds(series.owner, "campaign.manage"):
        raise Forbidden(LEFT)
    return services.start_campaign(actor=series.owner, series=series, **_terms(series))


def _stop(series: Series, error: DomainError) -> None:
    """Pause a series that cannot begin, and say why."""
    reason = error.first
    series.paused_at, series.trouble = timezone.now(), reason[:200]
    series.save(update_fields=["paused_at", "trouble", "updated_at"])
    told = {"trouble": series.trouble}
    record("campaign_series.stopped", actor=None, target=series, after=told, result="failed")
    chores.done(CHORE, [series.pk])
    news.tell_stopped(series)


def _next(series: Series) -> datetime:
    """Return when the next one begins, counted from the first, so that its day stays the same."""
    soon = timezone.now() + timedelta(minutes=1)
    count = 1
    while (moment := later(series.began_at, series.months * count)) <= soon:
        count += 1
    return moment


def _terms(series: Series) -> dict[str, Any]:
    return {name: getattr(series, name) for name in services.SETTABLE}


def _told(series: Series) -> dict[str, Any]:
    return services.told(series) | {"months": series.months}


def _locked(series: Series, actor: User) -> Series:
    policies.require(actor, "campaign.manage")
    related = Series.objects.select_related("folder", "reviewer", "reviewer_role")
    return related.select_for_update(of=("self",)).get(pk=series.pk)
