"""The two numbers beside the navigation: runs going on, and decisions waiting for somebody."""

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.events import publish_on_commit
from apps.runs.models import Run, Wait, WaitQuerySet
from apps.tenants.keys import group_name

COUNTS_GROUP = "runs"  # the channel group, within the tenant, of whoever shows the numbers


def counts_for(user: User) -> dict[str, int]:
    """Return how many visible runs are running, and how many approvals this person may give."""
    waits = policies.visible(user, Wait.objects.approvals().open())
    assert isinstance(waits, WaitQuerySet)
    running = policies.visible(user, Run.objects.filter(status=Run.Status.RUNNING))
    return {"running": running.count(), "approvals": waits.assigned_to(user).count()}


def announce_on_commit() -> None:
    """Say that the numbers may have changed, to whoever shows them."""
    publish_on_commit(group_name(COUNTS_GROUP), {"type": "counts"})
