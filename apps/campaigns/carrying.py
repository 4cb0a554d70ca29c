"""Taking away what is to go once a campaign is signed off, one right in one transaction.

A right that is not as it was at the moment of the campaign is left alone and shown as changed since. It is taken in the name
of who signed, with no more rights than they hold now: what they may not take is shown as refused.
"""

import hashlib
import json
import logging
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.campaigns import news, removing, rights
from apps.campaigns.models import Campaign, Item
from apps.common.errors import DomainError, Forbidden
from apps.dispatch import carrying, chores

logger = logging.getLogger(__name__)

CHORE = "campaigns.carry"
GONE = "It was gone already."
NOBODY = "Who signed is no longer here."


def carry(campaign_id: UUID) -> None:
    """Work on a signed campaign until it is closed or somebody else works on it."""
    carrying.carry_on(CHORE, campaign_id, _advance)


@transaction.atomic
def _advance(campaign_id: UUID) -> bool:
    """Look at one item; False when there is nothing more to do here."""
    signed = Campaign.objects.filter(pk=campaign_id, status=Campaign.Status.SIGNED)
    campaign = signed.select_for_update(skip_locked=True, of=("self",)).first()
    if campaign is None:
        return False
    item = campaign.items.to_take_away().first()
    if item is None:
        _close(campaign)
        return False
    if item.decision == Item.Decision.CHANGE:
        _settle(item, Item.Outcome.ASKED, item.reason)
    else:
        _settle(item, *_taken(item, _actor(campaign)))
    _tell_trail(campaign, item)
    return True


def _taken(item: Item, actor: User | None) -> tuple[str, str]:
    """Take a right away if it is as it was; return what came of it, and why."""
    row = removing.lock(item.sort, item.ref)
    right = rights.now([item]).get((item.sort, item.ref))
    if row is None or right is None:
        return Item.Outcome.GONE, GONE
    if changes := rights.changes(item, right):
        return Item.Outcome.CHANGED, " ".join(changes)
    try:
        if actor is None:
            raise Forbidden(NOBODY)
        with transaction.atomic():
            removing.remove(item.sort, row, actor=actor)
    except DomainError as error:
        return Item.Outcome.REFUSED, error.detail
    return Item.Outcome.REMOVED, ""


def _actor(campaign: Campaign) -> User | None:
    """Return who signed, as they may act now: through the key that they signed with."""
    user: User | None = User.objects.filter(pk=campaign.signed_by_id, is_active=True).first()
    if user is not None:
        user.acting_key = campaign.signed_through
    return user


def _settle(item: Item, outcome: str, note: str) -> None:
    item.outcome, item.outcome_note, item.settled_at = outcome, note[:400], timezone.now()
    item.save(update_fields=["outcome", "outcome_note", "settled_at", "updated_at"])


def _tell_trail(campaign: Campaign, item: Item) -> None:
    told = {
        "campaign": str(campaign.pk), "sort": item.sort, "right": item.ref, "outcome": item.outcome,
        "note": item.outcome_note,
    }  # fmt: skip
    record("campaign.carried_out", actor=campaign.signed_by, target=item, after=told)


def _close(campaign: Campaign) -> None:
    """Say what came of it, in the trail too, with a hash over all that was decided."""
    campaign.status, campaign.closed_at = Campaign.Status.CLOSED, timezone.now()
    campaign.digest = digest(campaign)
    campaign.save(update_fields=["status", "closed_at", "digest", "updated_at"])
    told = {"digest": campaign.digest, **outcomes(campaign)}
    record("campaign.closed", actor=None, target=campaign, after=told)
    chores.done(CHORE, [campaign.pk])
    news.tell_closed(campaign, outcomes(campaign))


def outcomes(campaign: Campaign) -> dict[str, int]:
    """Return how many items there are of each decision and outcome."""
    found: dict[str, int] = {}
    for name in ("decision", "outcome"):
        for word in campaign.items.order_by().values_list(name, flat=True).distinct():
            if word:
                count = campaign.items.filter(**{name: word}).count()
                found["kept" if word == Item.Decision.KEEP else word] = count
    return found


def digest(campaign: Campaign) -> str:
    """Return a hash over all items as they are now, in the order in which they were found."""
    total = hashlib.sha256()
    names = ("pk", "sort", "ref", "holder", "terms", "decision", "reason", "decided_by", "outcome")
    for row in campaign.items.order_by("pk").values_list(*names).iterator(chunk_size=1000):
        total.update(json.dumps(row, default=str, sort_keys=True).encode())
    return total.hexdigest()
