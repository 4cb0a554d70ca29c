"""Access reviews for the walk: an open one, one that can be signed, one that was carried out, and series."""

from typing import Any

from apps.accounts.models import User
from apps.campaigns import carrying, series, services, taking
from apps.campaigns.models import Campaign, Item


def make(owner: User, admin: User, canary: str, role: str) -> dict[str, str]:
    """Begin them and return their ids; `role` is one that a single other person holds."""
    terms: dict[str, Any] = {"sorts": ["role"], "reviewers": "person"}
    campaign = _taken(owner, name=f"{canary} review", reviewer=owner, **terms)
    few = {**terms, "reviewer": admin, "roles": [role]}
    signable = _decided(_taken(owner, name=f"{canary} signable", **few), admin, "keep")
    closed = _decided(_taken(owner, name=f"{canary} closed", **few), admin, "change")
    services.sign(closed, actor=owner)
    carrying.carry(closed.pk)
    made, _ = series.start_series(
        actor=owner, months=3, name=f"{canary} series", sorts=["role"], reviewers="managers"
    )
    paused, _ = series.start_series(
        actor=owner, months=6, name=f"{canary} paused", sorts=["role"], reviewers="managers"
    )
    series.pause(paused, actor=owner)
    item = campaign.items.filter(reviewer=owner).order_by("holder_label").first()
    assert item is not None
    return {
        "campaign": str(campaign.pk),
        "signable": str(signable.pk),
        "review_item": str(item.pk),
        "open_end": str(Item.objects.get(campaign=closed).pk),
        "series": str(made.pk),
        "paused_series": str(paused.pk),
    }


def _taken(owner: User, **terms: Any) -> Campaign:
    campaign = services.start_campaign(actor=owner, **terms)
    taking.carry(campaign.pk)
    return Campaign.objects.get(pk=campaign.pk)


def _decided(campaign: Campaign, reviewer: User, decision: str) -> Campaign:
    for item in campaign.items.all():
        services.decide(item, actor=reviewer, decision=decision, reason="Looked at.")
    return campaign
