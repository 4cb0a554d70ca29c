"""Starting, steering and repeating runs, and deciding what they wait for."""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.errors import NotFound
from apps.common.events import publish_on_commit
from apps.common.types import JSON, JSONDict
from apps.dispatch import services as dispatch
from apps.nodes import registry
from apps.nodes.types.core_start import InputRefused, StartConfig, check_inputs
from apps.runs import events
from apps.runs.events import Event
from apps.runs.exceptions import Archived, BadInputs, NoSuchVersion, NotPublished
from apps.runs.models import Run, Wait
from apps.workflows.exceptions import InBin
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.services import snapshot_draft


def find_run(run_id: UUID | str, *, actor: User) -> Run:
    """Return a run that the actor may see. Raises NotFound."""
    queryset = Run.objects.select_related("workflow__folder", "version")
    found = policies.visible(actor, queryset).filter(pk=run_id).first()
    if found is None:
        raise NotFound
    return found


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
    if workflow.deleted_at is not None:
        raise InBin
    if workflow.archived_at is not None:
        raise Archived
    pinned = _version(workflow, actor, version)
    run = Run.objects.create(
        workflow=workflow,
        version=pinned,
        inputs=_checked(pinned, inputs),
        trigger=trigger,
        started_by=actor,
    )
    return _queued(run, priority=priority)


def cancel_run(run: Run, *, actor: User) -> Run:
    """End a run: no step starts after this returns. Raises RunFinished, Forbidden."""
    raise NotImplementedError


def pause_run(run: Run, *, actor: User) -> Run:
    """Let the steps that run finish and start no others. Raises RunFinished, Forbidden."""
    raise NotImplementedError


def resume_run(run: Run, *, actor: User) -> Run:
    """Go on where a paused run stopped. Raises NotPaused, RunFinished, Forbidden."""
    raise NotImplementedError


def retry_run(run: Run, *, actor: User, from_node: str | None = None, inputs: JSON = None) -> Run:
    """Start a new run at a step of this one: the failed one, unless told otherwise.

    What the steps before it gave is taken over, not made again. Raises RunNotFinished, NoSuchStep,
    BadInputs, Backlogged, Forbidden.
    """
    raise NotImplementedError


def decide(
    wait: Wait, *, actor: User, decision: str, comment: str = "", form: JSONDict | None = None
) -> Wait:
    """Answer what a run asks. Raises AlreadyDecided, BadDecision, NotAssigned, Forbidden."""
    raise NotImplementedError


def _version(workflow: Workflow, actor: User, wanted: int | str | None) -> WorkflowVersion:
    if wanted == "draft":
        return snapshot_draft(workflow, actor=actor)
    if wanted is None:
        if workflow.published_version is None:
            raise NotPublished
        return workflow.published_version
    found = workflow.versions.filter(number=wanted).first()
    if found is None:
        raise NoSuchVersion
    return found


def _checked(version: WorkflowVersion, inputs: JSONDict) -> JSONDict:
    """Return the inputs as the start step's form takes them. Raises BadInputs."""
    try:
        return check_inputs(StartConfig.model_validate(_start_config(version)), inputs)
    except InputRefused as error:
        raise BadInputs(errors=error.errors) from error


def _start_config(version: WorkflowVersion) -> JSONDict:
    """Return the config of the version's start step in today's form."""
    type_ = registry.find("core.start")
    starts: list[Any] = [n for n in version.definition["nodes"] if n["type"] == type_.name]
    if not starts:
        return {}
    return type_.upgrade(starts[0].get("config", {}), starts[0].get("type_version", 1))


def _queued(run: Run, *, priority: int = 0, also: tuple[Event, ...] = ()) -> Run:
    """Put a new run on its way, with the event that says so."""
    told = events.append(run, [Event("run.queued"), *also])
    dispatch.ring_on_commit(dispatch.admit(run.pk, priority=priority))
    for each in told:
        publish_on_commit(run.channel, events.frame(run, each))
    return run
