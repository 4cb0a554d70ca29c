"""Finding runs and starting new ones."""

from uuid import UUID

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.dispatch import services as dispatch
from apps.runs import events
from apps.runs.accepting import check_in_use, checked_inputs, pinned_version
from apps.runs.events import Event
from apps.runs.ledger import announce
from apps.runs.models import Run
from apps.workflows.models import Workflow


def find_run(run_id: UUID | str, *, actor: User) -> Run:
    """Return a run that the actor may see. Raises NotFound."""
    queryset = Run.objects.select_related("workflow__folder", "version")
    return policies.find(actor, queryset, pk=run_id)


@transaction.atomic
def start_run(
    workflow: Workflow,
    *,
    actor: User,
    inputs: JSONDict,
    version: int | str | None = None,
    trigger: str = Run.Trigger.MANUAL,
    priority: int = 0,
) -> Run:
    """Queue a run of a version: the newest published one, one by its number, or the `"draft"`.

    Raises NotPublished, NoSuchVersion, BadInputs with an entry for each field, HasProblems for a
    draft that cannot run, InBin, Archived, Forbidden, Backlogged.
    """
    policies.check(actor, "run", workflow)
    check_in_use(workflow)
    pinned = pinned_version(workflow, actor, version)
    run = Run.objects.create(
        workflow=workflow,
        version=pinned,
        inputs=checked_inputs(pinned, inputs),
        trigger=trigger,
        started_by=actor,
    )
    return queue(run, priority=priority)


def queue(run: Run, *, priority: int = 0, also: tuple[Event, ...] = ()) -> Run:
    """Put a new run on its way, with the event that says so."""
    dispatch.ring_on_commit(dispatch.admit(run.pk, priority=priority))
    announce(run, events.append(run, [Event("run.queued"), *also]), status=run.status)
    return run
