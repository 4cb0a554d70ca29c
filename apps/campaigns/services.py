"""Access reviews: begun, decided, handed on, signed off or given up; each with its audit entry."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import ApiKey, Role, User
from apps.audit.services import record
from apps.campaigns import carrying, independence, news, taking
from apps.campaigns.assigning import may_review
from apps.campaigns.exceptions import (
    CannotReview,
    NotAsked,
    NothingToSettle,
    NotOpen,
    OnlyReviewer,
    OwnRights,
    ReasonMissing,
    Undecided,
)
from apps.campaigns.models import (
    MOST_DAYS,
    Campaign,
    Item,
    ItemQuerySet,
    Series,
    Sort,
    Terms,
)
from apps.common.errors import Forbidden, Invalid
from apps.common.types import JSONDict
from apps.common.words import one_of
from apps.dispatch import chores
from apps.notifications import services as notifications

FORMATS = ("csv", "json")
RELATED = ("owner", "reviewer", "reviewer_role", "folder", "signed_by", "series")
SETTABLE = (
    "name", "note", "sorts", "roles", "folder", "reviewers", "reviewer", "reviewer_role", "days",
)  # fmt: skip


def find_campaign(campaign_id: UUID | str, *, actor: User) -> Campaign:
    """Return a campaign that the actor may see. Raises NotFound."""
    return policies.find(actor, Campaign.objects.select_related(*RELATED), pk=campaign_id)


def find_item(item_id: UUID | str, *, actor: User) -> Item:
    """Return an item that the actor may see. Raises NotFound."""
    related = Item.objects.select_related("campaign__owner", "reviewer", "decided_by")
    return policies.find(actor, related, pk=item_id)


@transaction.atomic
def start_campaign(*, actor: User, series: Series | None = None, **terms: Any) -> Campaign:
    """Begin an access review: its rights are fixed in a moment. Raises Forbidden, Invalid."""
    policies.require(actor, "campaign.manage")
    kept = checked(terms)
    campaign = Campaign.objects.create(
        **kept, owner=actor, series=series, due_at=timezone.now() + timedelta(days=kept["days"])
    )
    record("campaign.started", actor=actor, target=campaign, after=told(campaign))
    chores.add(taking.CHORE, [campaign.pk])
    return campaign


def checked(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Return terms as they are kept. Raises Invalid naming what makes no sense."""
    kept = {name: terms[name] for name in SETTABLE if name in terms}
    kept["name"] = kept["name"].strip()
    if not kept["name"]:
        raise Invalid.at("name", "Give it a name.")
    if not 1 <= kept.setdefault("days", 14) <= MOST_DAYS:
        raise Invalid.at("days", f"Give between 1 and {MOST_DAYS} days.")
    _check_scope(kept)
    _check_reviewers(kept)
    return kept


def _check_scope(kept: dict[str, Any]) -> None:
    if kept.get("folder") is not None:
        kept["sorts"] = [Sort.FOLDER]  # nothing else lies in a folder
    kept["sorts"] = [sort for sort in Sort.values if sort in kept.get("sorts", ())]
    if not kept["sorts"]:
        raise Invalid.at("sorts", "Choose at least one sort of rights.")
    roles = sorted(set(kept.get("roles") or ()))
    if Role.objects.filter(name__in=roles).count() != len(roles):
        raise Invalid.at("roles", "There is no such role.")
    kept["roles"] = roles


def _check_reviewers(kept: dict[str, Any]) -> None:
    """Keep what belongs to the chosen way of asking, and nothing else."""
    way = kept.get("reviewers") or ""
    one_of("reviewers", way, Terms.Reviewers.values)
    by_person, by_role = way == Terms.Reviewers.PERSON, way == Terms.Reviewers.ROLE
    kept["reviewer"] = kept.get("reviewer") if by_person else None
    kept["reviewer_role"] = kept.get("reviewer_role") if by_role else None
    if by_person and (kept["reviewer"] is None or not may_review(kept["reviewer"])):
        raise CannotReview.at("reviewer", CannotReview.__doc__ or "")
    if by_role and kept["reviewer_role"] is None:
        raise Invalid.at("reviewer_role", "Choose a role.")


def told(terms: Terms) -> JSONDict:
    """Return terms as the trail keeps them."""
    asked = {"person": terms.reviewer, "role": terms.reviewer_role}.get(terms.reviewers)
    return {
        "sorts": list(map(str, terms.sorts)), "roles": terms.roles, "folder": str(terms.folder or ""),
        "reviewers": str(terms.reviewers), "asked": str(asked or ""), "days": terms.days,
    }  # fmt: skip


@transaction.atomic
def decide(item: Item, *, actor: User, decision: str, reason: str = "") -> Item:
    """Say whether a right stays, goes or is to be changed; until the sign-off it can be said anew.

    Raises NotOpen, NotAsked, OwnRights, ReasonMissing, Forbidden.
    """
    _open(item.campaign_id)
    item = Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
    check_may_decide(item, actor)
    reason = reason.strip()
    one_of("decision", decision, Item.Decision.values)
    if decision != Item.Decision.KEEP and not reason:
        raise ReasonMissing.at("reason", ReasonMissing.__doc__ or "")
    before = {"decision": item.decision, "reason": item.reason} if item.decision else None
    item.decision, item.reason, item.with_others = decision, reason, False
    item.decided_by, item.decided_at = actor, timezone.now()
    item.save()
    after = {"decision": decision, "reason": reason, "campaign": str(item.campaign_id)}
    record("campaign.decided", actor=actor, target=item, before=before, after=after)
    return item


def check_may_decide(item: Item, actor: User) -> None:
    """Raise NotAsked, OwnRights, Forbidden for who is not to decide about an item."""
    if not policies.holds_anywhere(actor, "campaign.decide"):
        raise Forbidden
    if item.reviewer_id != actor.pk:
        raise NotAsked
    independence.check(item, actor)


@transaction.atomic
def keep_all(campaign: Campaign, items: ItemQuerySet, *, actor: User, filters: JSONDict) -> int:
    """Keep all of these that the actor is asked and has not decided; return how many.

    Each of them says that it was kept with others. Raises NotOpen, Forbidden.
    """
    if not policies.holds_anywhere(actor, "campaign.decide"):
        raise Forbidden
    campaign = _open(campaign.pk)
    asked = items.filter(campaign=campaign).asked_of(actor)
    ids = independence.without_own(asked, actor).order_by().values("pk")
    now = timezone.now()
    kept = Item.objects.filter(pk__in=ids).update(
        decision=Item.Decision.KEEP, reason="", with_others=True, decided_by=actor,
        decided_at=now, updated_at=now,
    )  # fmt: skip
    if kept:
        after = {"items": kept, "filters": filters}
        record("campaign.kept_many", actor=actor, target=campaign, after=after)
    return kept


@transaction.atomic
def hand_on(campaign: Campaign, items: ItemQuerySet, *, to: User, actor: User) -> tuple[int, int]:
    """Have somebody else decide what is undecided of these; return how much, and what stays.

    What is their own stays with who has it. Raises NotOpen, CannotReview, Forbidden.
    """
    policies.require(actor, "campaign.manage")
    campaign = _open(campaign.pk)
    if not may_review(to):
        raise CannotReview.at("reviewer", CannotReview.__doc__ or "")
    wanted = items.filter(campaign=campaign).undecided().exclude(reviewer=to)
    total = wanted.count()
    ids = independence.without_own(wanted, to).order_by().values("pk")
    moved = Item.objects.filter(pk__in=ids).update(reviewer=to, updated_at=timezone.now())
    if moved:
        after = {"items": moved, "to": str(to)}
        entry = record("campaign.handed_on", actor=actor, target=campaign, after=after)
        news.tell_asked(campaign, [to], key=f"{campaign.pk}:{entry.pk}")
    return moved, total - moved


@transaction.atomic
def sign(campaign: Campaign, *, actor: User, statement: str = "") -> Campaign:
    """Sign off that all is decided; what is to go is taken away from now on, in the actor's name.

    Raises NotOpen, Undecided, OnlyReviewer, Forbidden.
    """
    policies.require(actor, "campaign.sign")
    campaign = _open(campaign.pk)
    left = campaign.items.undecided().count()
    if left:
        raise Undecided(f"{left} of {campaign.total} rights are not decided yet.")
    deciders = set(campaign.items.order_by().values_list("decided_by", flat=True).distinct())
    if deciders == {actor.pk}:
        raise OnlyReviewer
    campaign.status, campaign.signed_at = Campaign.Status.SIGNED, timezone.now()
    campaign.signed_by, campaign.statement = actor, statement.strip()
    key = actor.acting_key
    campaign.signed_through = key if isinstance(key, ApiKey) else None
    campaign.save()
    after = {"statement": campaign.statement, **carrying.outcomes(campaign)}
    record("campaign.signed", actor=actor, target=campaign, after=after)
    notifications.settle(campaign.pk)
    chores.add(carrying.CHORE, [campaign.pk])
    return campaign


@transaction.atomic
def cancel(campaign: Campaign, *, actor: User, reason: str) -> Campaign:
    """Give a campaign up: nothing is taken away. Raises NotOpen, ReasonMissing, Forbidden."""
    policies.require(actor, "campaign.manage")
    campaign = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if campaign.status not in (Campaign.Status.GATHERING, Campaign.Status.OPEN):
        raise NotOpen
    if not reason.strip():
        raise ReasonMissing.at("reason", ReasonMissing.__doc__ or "")
    campaign.status, campaign.closed_at = Campaign.Status.CANCELLED, timezone.now()
    campaign.statement = reason.strip()
    campaign.save(update_fields=["status", "closed_at", "statement", "updated_at"])
    record("campaign.cancelled", actor=actor, target=campaign, after={"reason": campaign.statement})
    notifications.settle(campaign.pk)
    return campaign


@transaction.atomic
def settle(item: Item, *, actor: User, note: str) -> Item:
    """Say that a person has seen to what could not be carried out.

    Raises NothingToSettle, OwnRights, ReasonMissing, Forbidden.
    """
    policies.require(actor, "campaign.manage")
    item = Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
    independence.check(item, actor)
    if not item.needs_hand:
        raise NothingToSettle
    if not note.strip():
        raise ReasonMissing.at("note", ReasonMissing.__doc__ or "")
    before = {"outcome": item.outcome, "note": item.outcome_note}
    item.outcome, item.outcome_note = Item.Outcome.DONE, note.strip()[:400]
    item.settled_at = timezone.now()
    item.save(update_fields=["outcome", "outcome_note", "settled_at", "updated_at"])
    after = {"note": item.outcome_note}
    record("campaign.settled", actor=actor, target=item, before=before, after=after)
    return item


def may_decide(item: Item, actor: User) -> bool:
    """Tell whether somebody can say now what they think of an item."""
    if not item.campaign.is_open:
        return False
    try:
        check_may_decide(item, actor)
    except (Forbidden, NotAsked, OwnRights):
        return False
    return True


@transaction.atomic
def open_export(campaign_id: UUID, *, actor: User, format_: str) -> Campaign:
    """Return a campaign that is taken as a file, and tell the trail of it. Raises Invalid, Forbidden."""
    policies.require(actor, "campaign.view")
    one_of("format", format_, FORMATS)
    campaign = find_campaign(campaign_id, actor=actor)
    record("campaign.exported", actor=actor, target=campaign, after={"format": format_})
    return campaign


def _open(campaign_id: UUID) -> Campaign:
    """Return an open campaign, kept as it is till the commit. Raises NotOpen."""
    related = Campaign.objects.select_for_update(of=("self",)).select_related("owner")
    campaign = related.get(pk=campaign_id)
    if not campaign.is_open:
        raise NotOpen
    return campaign
