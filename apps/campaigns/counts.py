"""The number beside the navigation."""

from apps.accounts import policies
from apps.accounts.models import User
from apps.campaigns.models import Item
from apps.common.navigation import bounded


def for_me(user: User) -> int:
    """Return how many rights somebody is to decide about, up to a hundred."""
    if not policies.holds_anywhere(user, "campaign.decide"):
        return 0
    return bounded(Item.objects.asked_of(user))
