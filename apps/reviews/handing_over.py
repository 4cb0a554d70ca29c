"""Reviews that somebody asked for, given to somebody else."""

from collections.abc import Iterable

from apps.accounts import policies
from apps.accounts.belongings import Actor, Belongings
from apps.accounts.models import User
from apps.audit.services import record
from apps.reviews.models import Review


class Reviews(Belongings[Review]):
    """Changes that wait for the approval of others."""

    name, label = "reviews", "Reviews that they asked for"
    about = (
        "They hear what reviewers say. It counts as their own work then: they cannot approve it."
    )
    left = "Reviewers go on, and nobody hears what they say."

    def of(self, user: User) -> Iterable[Review]:
        asked = Review.objects.filter(requested_by=user, status=Review.Status.OPEN)
        return asked.select_related("workflow__folder").order_by("created_at")

    def hindrance(self, thing: Review, heir: User, actor: Actor) -> str:
        may = policies.allows(heir, "publish", thing.workflow)
        return "" if may else f"{heir} may not publish “{thing.workflow}”."

    def give(self, thing: Review, user: User, heir: User, actor: Actor) -> None:
        thing.requested_by = heir
        thing.save(update_fields=["requested_by", "updated_at"])
        thing.authors.add(user)  # who asked for it never approves it, also when they come back
        record("review.handed_over", actor=actor, target=thing, after={"heir": str(heir)})
