"""Telling people of access reviews: what they are asked, what is due, what came of it."""

from collections.abc import Collection

from django.db.models import Count
from django.urls import reverse

from apps.accounts import policies
from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Series
from apps.notifications import services as notifications
from apps.notifications.kinds import Kind
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from apps.tenants.addresses import workspace_url
from apps.tenants.context import current_tenant

ASKED, DUE, CLOSED = "campaign.asked", "campaign.due", "campaign.closed"
KINDS = (
    Kind(ASKED, "Rights to review", "When you are asked whether others need what they hold", "list-checks"),
    Kind(DUE, "Access reviews that are due", "Before and after their last day", "list-checks"),
    Kind(CLOSED, "Results of access reviews", "When one that you own is over", "list-checks"),
)  # fmt: skip
SITE = "auterity.urls"
PIECE = 100  # people told at once


def tell_asked(campaign: Campaign, users: Collection[User] | None = None, key: str = "") -> None:
    """Tell reviewers what they are asked; all of them, unless some are named."""
    asked = waiting(campaign)
    wanted = None if users is None else {user.pk for user in users}
    told = {user: count for user, count in asked.items() if wanted is None or user.pk in wanted}
    lines = {user: f"{_rights(count)} to look at." for user, count in told.items()}
    _tell(campaign, ASKED, f"Review who has what: {campaign}", lines, key or str(campaign.pk))


def tell_due(campaign: Campaign, key: str) -> None:
    """Tell those who have not finished, and the owner once it is too late."""
    lines = {
        user: f"{_rights(count)} still to look at." for user, count in waiting(campaign).items()
    }
    title = f"Due: {campaign}"
    if campaign.is_overdue:
        title = f"Overdue: {campaign}"
        left = campaign.items.undecided().count()
        for user in _owners(campaign):
            lines.setdefault(user, f"{_rights(left)} not decided yet.")
    _tell(campaign, DUE, title, lines, key)


def tell_closed(campaign: Campaign, counts: dict[str, int]) -> None:
    """Tell the owner and who signed what came of it."""
    people = {*_owners(campaign), *([campaign.signed_by] if campaign.signed_by else [])}
    removed = counts.get(Item.Outcome.REMOVED, 0)
    hand = sum(counts.get(outcome, 0) for outcome in Item.OPEN_ENDS)
    text = f"{_rights(removed)} removed, {hand} to see to by hand."
    _tell(campaign, CLOSED, f"Closed: {campaign}", dict.fromkeys(people, text), str(campaign.pk))


def tell_stopped(series: Series) -> None:
    """Tell those who manage access reviews that a series no longer begins."""
    path = reverse("campaigns:list", urlconf=SITE)
    title = f"“{series}” is paused"
    notices = [Notice(user, title, series.trouble, path) for user in managers()]
    notifications.tell(notices, kind=DUE, key=f"{DUE}:stopped:{series.pk}:{series.next_at}")


def waiting(campaign: Campaign) -> dict[User, int]:
    """Return who has something to decide still, and how much."""
    left = campaign.items.undecided().exclude(reviewer=None).order_by()
    counts = dict(left.values_list("reviewer").annotate(Count("pk")))
    users = User.objects.filter(pk__in=counts, is_active=True).order_by("pk")
    return {user: counts[user.pk] for user in users}


def managers() -> list[User]:
    """Return who manages access reviews."""
    members = User.objects.members().filter(is_active=True).with_roles().order_by("pk")
    return [user for user in members if policies.holds(user, "campaign.manage")][:PIECE]


def _owners(campaign: Campaign) -> list[User]:
    owner = campaign.owner
    return [owner] if owner is not None and owner.is_active else managers()


def _tell(campaign: Campaign, kind: str, title: str, lines: dict[User, str], key: str) -> None:
    path = reverse("campaigns:detail", args=[campaign.pk], urlconf=SITE)
    people = list(lines)
    for begin in range(0, len(people), PIECE):
        notices = [
            Notice(user, title, lines[user], path, _letter(campaign, title, lines[user], user))
            for user in people[begin : begin + PIECE]
        ]
        about = None if kind == CLOSED else campaign.pk
        notifications.tell(notices, kind=kind, key=f"{kind}:{key}", about=about)


def _letter(campaign: Campaign, title: str, text: str, user: User) -> Letter:
    base = workspace_url(current_tenant())
    context = {
        "user": str(user),
        "campaign": str(campaign),
        "text": text,
        "due": f"{campaign.due_at:%Y-%m-%d %H:%M} UTC" if not campaign.is_signed else "",
        "lines": campaign.note[:2_000].splitlines(),
        "link": base + reverse("campaigns:detail", args=[campaign.pk], urlconf=SITE),
        "settings": base + reverse("notifications:preferences", urlconf=SITE),
    }
    return Letter("campaign", title, context)


def _rights(count: int) -> str:
    return f"{count} right" if count == 1 else f"{count} rights"
