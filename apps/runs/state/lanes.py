"""Lanes: a workflow whose settings say how many of its runs may go on at a time.

Runs inside others count like any other: a run that waits for an inner one holds no place, so the two
never wait for each other.
"""

from apps.dispatch.gate import Lane
from apps.runs.models import Run
from apps.runs.state.graphs import settings_of

MAX_LANE = 32_767  # runs of one workflow at a time; more is no limit


def lane_of(run: Run) -> Lane | None:
    """Return the lane of the run's workflow, if its settings say how many runs may go on."""
    cap = settings_of(run.version).get("max_concurrent_runs")
    if isinstance(cap, bool) or not isinstance(cap, int) or cap < 1:
        return None
    return Lane(run.workflow_id, min(cap, MAX_LANE))
