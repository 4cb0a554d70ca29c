"""The reviews app."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """It decides on publishing, counts for the navigation and tells people."""

    name = "apps.reviews"

    def ready(self) -> None:
        from apps.accounts import belongings
        from apps.common.navigation import register_counter
        from apps.notifications import kinds
        from apps.reviews import policies  # noqa: F401 - registers itself
        from apps.reviews.counts import for_me
        from apps.reviews.gate import ReviewGate
        from apps.reviews.handing_over import Reviews
        from apps.reviews.news import KINDS
        from apps.workflows.publishing import register_gate

        belongings.register(Reviews())
        register_gate(ReviewGate())
        register_counter("reviews:list", for_me)
        kinds.register(*KINDS)
