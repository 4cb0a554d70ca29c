"""Filters of the list of reviews, for the API and the page alike."""

from collections.abc import Mapping

from apps.accounts.models import User
from apps.common.words import chosen
from apps.reviews.models import Review, ReviewQuerySet

STATES = ("mine", "open", "closed")


def filtered(reviews: ReviewQuerySet, params: Mapping[str, str], user: User) -> ReviewQuerySet:
    """Keep what the parameters ask for: `q`, `state` (`mine`: for oneself to answer). Raises Invalid."""
    state = chosen("state", params, STATES)
    if state == "mine":
        reviews = reviews.answerable_by(user)
    elif state == "open":
        reviews = reviews.open()
    elif state == "closed":
        reviews = reviews.exclude(status=Review.Status.OPEN)
    return reviews.matching(words) if (words := params.get("q", "").strip()) else reviews
