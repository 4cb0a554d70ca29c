"""Telling people of reviews: those who can look, and those who wait for it."""

from django.urls import reverse

from apps.accounts.models import User
from apps.notifications import services as notifications
from apps.notifications.kinds import Kind
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from apps.reviews.models import Review
from apps.tenants.addresses import workspace_url
from apps.tenants.context import current_tenant

ASKED, ANSWERED = "review.asked", "review.answered"
KINDS = (
    Kind(ASKED, "A review is asked of you", "When somebody wants to publish a workflow", "eye"),
    Kind(ANSWERED, "Answers to your reviews", "When others have looked at what you made", "eye"),
)
MOST_TOLD = 50
SITE = "auterity.urls"


def reviewers_of(review: Review) -> list[User]:
    """Return who may say something: they hold the right, and nothing of it is their own work."""
    folder = review.workflow.folder
    path = folder.path if folder else ""
    own = {review.requested_by_id, *review.authors.values_list("pk", flat=True)}
    members = User.objects.members().filter(is_active=True).exclude(pk__in=own - {None})
    able = members.with_roles()
    return [user for user in able if "review.decide" in user.permissions_in(path)]


def tell_asked(review: Review) -> None:
    """Tell those who can look at it."""
    title = f"Review “{review.workflow}”"
    _tell(review, ASKED, title, reviewers_of(review)[:MOST_TOLD], str(review.requested_by))


def tell_answered(review: Review, comment: str) -> None:
    """Tell who asked how it ended, and let the others off."""
    notifications.settle(review.pk)
    if review.requested_by is None or not review.requested_by.is_active:
        return
    said = "approved" if review.status == Review.Status.APPROVED else "not approved"
    title = f"“{review.workflow}” is {said}"
    _tell(review, ANSWERED, title, [review.requested_by], comment)


def _tell(review: Review, kind: str, title: str, people: list[User], text: str) -> None:
    path = reverse("reviews:detail", args=[review.pk], urlconf=SITE)
    notices = [
        Notice(user, title, text=text, path=path, letter=_letter(review, kind, title, text, user))
        for user in people
    ]
    notifications.tell(notices, kind=kind, key=f"{kind}:{review.pk}", about=review.pk)


def _letter(review: Review, kind: str, title: str, text: str, user: User) -> Letter:
    base = workspace_url(current_tenant())
    context = {
        "user": str(user),
        "kind": kind,
        "workflow": str(review.workflow),
        "who": str(review.requested_by or "A former member"),
        "status": review.status,
        "lines": (review.notes if kind == ASKED else text)[:2_000].splitlines(),
        "link": base + reverse("reviews:detail", args=[review.pk], urlconf=SITE),
        "settings": base + reverse("notifications:preferences", urlconf=SITE),
    }
    return Letter("review", title, context)
