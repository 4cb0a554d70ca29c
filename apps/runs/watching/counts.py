"""The numbers around a page: runs going on, decisions waiting for somebody, unread news."""

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.navigation import bounded
from apps.notifications.counts import unread_of
from apps.runs.models import Run, Wait, WaitQuerySet


def running_of(user: User) -> int:
    """Return how many runs that the person may see are running, up to a hundred."""
    return bounded(policies.visible(user, Run.objects.filter(status=Run.Status.RUNNING)))


def decisions_for(user: User) -> WaitQuerySet:
    """Return the open approvals that the person is asked for and has not answered."""
    return policies.visible(user, Wait.objects.approvals()).awaiting(user)


def approvals_of(user: User) -> int:
    """Return how many decisions wait for the person, up to a hundred."""
    return bounded(decisions_for(user))


def counts_for(user: User) -> dict[str, int]:
    """Return all numbers."""
    return {
        "running": running_of(user),
        "approvals": approvals_of(user),
        "notifications": unread_of(user),
    }
