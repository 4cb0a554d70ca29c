"""The limits of the workspace as one person sees them: lanes by the name of their workflow."""

from dataclasses import dataclass

from django.conf import settings

from apps.accounts import policies
from apps.accounts.models import User
from apps.dispatch.limits import LaneUse, Standing, standing
from apps.workflows.models import Workflow


@dataclass(frozen=True)
class WorkflowUse:
    """A workflow that says how many of its runs may go on, and how many do."""

    workflow: Workflow
    use: LaneUse


@dataclass(frozen=True)
class Limits:
    """All that bounds what the workspace does."""

    standing: Standing
    workflows: list[WorkflowUse]
    calls_per_minute: int


def limits_for(user: User) -> Limits:
    """Return the limits and what is used of them; workflows that the person may not see are left out."""
    stands = standing()
    ids = [use.lane for use in stands.lanes]
    seen = policies.visible(user, Workflow.objects.all()).in_bulk(ids)
    return Limits(
        stands,
        [WorkflowUse(seen[use.lane], use) for use in stands.lanes if use.lane in seen],
        settings.API_CALLS_PER_MINUTE,
    )
