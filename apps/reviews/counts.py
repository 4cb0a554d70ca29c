"""The number beside the navigation."""

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.navigation import bounded
from apps.reviews.models import Review


def for_me(user: User) -> int:
    """Return how many open reviews somebody could answer, up to a hundred."""
    if not policies.holds_anywhere(user, "review.decide"):
        return 0
    return bounded(policies.visible(user, Review.objects.answerable_by(user)))
