"""Fixing all rights of a scope as they are at one moment.

All is read in one snapshot of the database (`REPEATABLE READ`) and written in the same transaction,
a few hundred holders in memory at a time: whatever changes meanwhile is not half in it. A worker that
dies leaves nothing, and the next one takes another moment.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from apps.audit.services import record
from apps.campaigns import news, reminding, rights
from apps.campaigns.assigning import Reviewers
from apps.campaigns.models import Campaign, Item
from apps.campaigns.rights import Right
from apps.dispatch import chores

logger = logging.getLogger(__name__)

CHORE = "campaigns.take"
PIECE = 200  # holders in memory
LEASE = timedelta(minutes=2)  # after which somebody else begins anew
ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"


def carry(campaign_id: UUID) -> None:
    """Fix the rights, unless that is done, and ask the reviewers. Never call it inside of a transaction."""
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is not None and campaign.status == Campaign.Status.GATHERING:
        chores.postpone(CHORE, campaign_id, chores.now() + LEASE)
        try:
            if not _take(campaign_id):
                return  # somebody else does
        except OperationalError as error:  # it was changed in between: the next look begins anew
            logger.warning("Access review %s is taken up again: %s", campaign_id, error)
            chores.postpone(CHORE, campaign_id, chores.now())
            return
        campaign.refresh_from_db()
    with transaction.atomic():
        if campaign is not None and campaign.is_open:
            news.tell_asked(campaign)
            reminding.plan(campaign)
        chores.done(CHORE, [campaign_id])


def _take(campaign_id: UUID) -> bool:
    """Write the items; False where somebody else is at it."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(ONE_MOMENT)
        waiting = Campaign.objects.filter(status=Campaign.Status.GATHERING, pk=campaign_id)
        campaign = waiting.select_for_update(skip_locked=True).first()
        if campaign is None:
            return False
        campaign.taken_at = timezone.now()
        reviewers = Reviewers(campaign)
        for piece in _pieces():
            items = [_item(campaign, each, reviewers) for each in piece if fits(campaign, each)]
            Item.objects.bulk_create(items, batch_size=500)
            campaign.total += len(items)
        campaign.status = Campaign.Status.OPEN
        campaign.save()
        told = {"items": campaign.total, "without_reviewer": campaign.items.filter(reviewer=None).count()}  # fmt: skip
        record("campaign.opened", actor=None, target=campaign, after=told)
        return True


def fits(campaign: Campaign, right: Right) -> bool:
    """Tell whether a right is in the scope."""
    if right.sort not in campaign.sorts:
        return False
    if campaign.roles and not right.roles & set(campaign.roles):
        return False
    return campaign.folder is None or right.path.startswith(campaign.folder.path)


def _pieces() -> Iterator[Iterator[Right]]:
    """Yield all rights that there are, of some holders at a time."""
    after = UUID(int=0)
    while users := list(rights.reviewed().filter(pk__gt=after).order_by("pk")[:PIECE]):
        yield rights.of_people(users)
        after = users[-1].pk
    after = UUID(int=0)
    while found := list(rights.groups().filter(pk__gt=after).order_by("pk")[:PIECE]):
        yield rights.of_groups(found)
        after = found[-1].pk
    yield rights.of_directories(rights.tokens())


def _item(campaign: Campaign, right: Right, reviewers: Reviewers) -> Item:
    return Item(
        campaign=campaign, sort=right.sort, rank=rights.RANKS[right.sort], ref=right.ref,
        holder_kind=right.holder_kind, holder=right.holder, holder_label=right.holder_label,
        maker=right.maker, label=right.label, place=right.place[:200], path=right.path,
        terms=right.terms, signs=right.signs, reviewer_id=reviewers.of(right),
    )  # fmt: skip
