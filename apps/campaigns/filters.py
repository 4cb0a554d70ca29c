"""What lists of campaigns and of their items can be filtered by, for pages and API alike."""

from collections.abc import Mapping

from apps.accounts.models import User
from apps.campaigns.models import Campaign, CampaignQuerySet, Item, ItemQuerySet, Sort
from apps.common.words import chosen

STATES = ("mine", *Campaign.Status.values)
CAMPAIGN_FIELDS = ("q", "state")
DECISIONS = ("none", *Item.Decision.values)
REVIEWERS = ("me", "nobody")
OUTCOMES = ("hand", *Item.Outcome.values)
ITEM_FIELDS = ("q", "sort", "decision", "reviewer", "outcome", "signs")
SIGNS = {
    "dormant": {"dormant": True},
    "bare": {"second factor": False},
    "suspended": {"suspended": True},
}


def campaigns_in(
    found: CampaignQuerySet, params: Mapping[str, str], user: User
) -> CampaignQuerySet:
    """Keep what the parameters ask for; `mine`: with something for oneself to decide. Raises Invalid."""
    state = chosen("state", params, STATES)
    if state == "mine":
        found = found.asking(user)
    elif state:
        found = found.filter(status=state)
    return found.filter(name__icontains=params.get("q", "").strip())


def items_in(found: ItemQuerySet, params: Mapping[str, str], user: User) -> ItemQuerySet:
    """Keep what the parameters ask for. Raises Invalid for a word that is none of its field."""
    found = found.matching(params.get("q", "").strip())
    if sort := chosen("sort", params, Sort.values):
        found = found.filter(sort=sort)
    if decision := chosen("decision", params, DECISIONS):
        found = found.filter(decision="" if decision == "none" else decision)
    if reviewer := chosen("reviewer", params, REVIEWERS):
        found = found.filter(reviewer=user if reviewer == "me" else None)
    if outcome := chosen("outcome", params, OUTCOMES):
        found = found.to_follow_up() if outcome == "hand" else found.filter(outcome=outcome)
    if sign := chosen("signs", params, SIGNS):
        found = found.filter(signs__contains=SIGNS[sign])
    return found


def asked(params: Mapping[str, str], fields: tuple[str, ...] = ITEM_FIELDS) -> dict[str, str]:
    """Return the parameters that ask for something."""
    given = {name: params.get(name, "").strip() for name in fields}
    return {name: text for name, text in given.items() if text}
