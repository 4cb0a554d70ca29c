"""A workflow's last run as the studio shows it on the canvas."""

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.runs.api.serializers import NodeRunSerializer
from apps.runs.models import Run
from apps.workflows.models import Workflow


def last_run_of(workflow: Workflow, user: User) -> JSONDict | None:
    """Return the newest run that the user may see, with its own steps; None if there is none.

    Rounds of loops may be thousands: the studio asks for them once it stands.
    """
    # Runs that go through parts of a long list are no runs of the whole.
    whole = Run.objects.filter(workflow=workflow, chunk__isnull=True)
    runs = policies.visible(user, whole)
    run = runs.order_by("-created_at", "-id").first()
    if run is None:
        return None
    steps = NodeRunSerializer(run.nodes.filter(frame=""), many=True).data
    return {"id": str(run.pk), "status": run.status, "seq": run.seq, "nodes": list(steps)}
