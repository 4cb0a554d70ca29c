"""The two numbers beside the navigation: runs going on, and decisions waiting for somebody."""

from apps.accounts import policies
from apps.accounts.models import User
from apps.runs.models import Run, Wait, WaitQuerySet


def running_of(user: User) -> int:
    """Return how many runs that the person may see are running."""
    return policies.visible(user, Run.objects.filter(status=Run.Status.RUNNING)).count()


def decisions_for(user: User) -> WaitQuerySet:
    """Return the open approvals that the person is asked for."""
    return policies.visible(user, Wait.objects.approvals().open()).assigned_to(user)


def approvals_of(user: User) -> int:
    """Return how many decisions wait for the person."""
    return decisions_for(user).count()


def counts_for(user: User) -> dict[str, int]:
    """Return both numbers."""
    return {"running": running_of(user), "approvals": approvals_of(user)}
