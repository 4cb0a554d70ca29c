"""Finding runs and starting new ones."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.dispatch import services as dispatch
from apps.nodes import registry
from apps.nodes.types.core_start import InputRefused, StartConfig, check_inputs
from apps.runs import events
from apps.runs.events import Event
from apps.runs.exceptions import Archived, BadInputs, NoSuchVersion, NotPublished
from apps.runs.ledger import announce
from apps.runs.models import Run
from apps.workflows.exceptions import InBin
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.services import snapshot_draft

MOST_FORMS = 500
_forms: dict[str, StartConfig] = {}


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
    dedupe_key: str = "",
) -> Run:
    """Queue a run of a version: the newest published one, one by its number, or the `"draft"`.

    With a `dedupe_key` that a run of the workspace has already, that run is returned instead. Raises NotPublished, NoSuchVersion, BadInputs with an entry for each field, HasProblems for a
    draft that cannot run, InBin, Archived, Forbidden, Backlogged.
    """
    policies.check(actor, "run", workflow)
    check_in_use(workflow)
    if known := _known(dedupe_key):
        return known
    pinned = version_of(workflow, actor, version)
    run = Run(
        workflow=workflow,
        version=pinned,
        inputs=checked_inputs(pinned, inputs),
        trigger=trigger,
        started_by=actor,
        dedupe_key=dedupe_key,
    )
    if not _saved(run):
        return Run.objects.get(dedupe_key=dedupe_key)
    return queue(run, priority=priority)


def _known(dedupe_key: str) -> Run | None:
    return Run.objects.filter(dedupe_key=dedupe_key).first() if dedupe_key else None


def _saved(run: Run) -> bool:
    """Write a new run down, unless another one with its key was faster by a moment."""
    if not run.dedupe_key:
        run.save(force_insert=True)
        return True
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def check_in_use(workflow: Workflow) -> None:
    """Raise InBin or Archived for a workflow that may not be started."""
    if workflow.deleted_at is not None:
        raise InBin
    if workflow.archived_at is not None:
        raise Archived


def checked_inputs(version: WorkflowVersion, inputs: JSONDict) -> JSONDict:
    """Return the inputs as the start step's form takes them. Raises BadInputs."""
    try:
        return check_inputs(form_of(version), inputs)
    except InputRefused as error:
        raise BadInputs(errors=error.errors) from error


def form_of(version: WorkflowVersion) -> StartConfig:
    """Return the form of the version's start step; without fields it takes any inputs.

    It is kept by the hash of the definition: for most runs nobody reads a definition to start them.
    """
    known = _forms.get(version.sha256)
    if known is None:
        known = StartConfig.model_validate(_start_config(version))
        if len(_forms) >= MOST_FORMS:
            _forms.clear()
        _forms[version.sha256] = known
    return known


def queue(run: Run, *, priority: int = 0, also: tuple[Event, ...] = ()) -> Run:
    """Put a new run on its way, with the event that says so."""
    dispatch.ring_on_commit(dispatch.admit(run.pk, priority=priority))
    announce(run, events.append(run, [Event("run.queued"), *also]), status=run.status)
    return run


def version_of(workflow: Workflow, actor: User, wanted: int | str | None) -> WorkflowVersion:
    """Return the version that is meant: the published one, one by number, or the draft's."""
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


def _start_config(version: WorkflowVersion) -> JSONDict:
    """Return the config of the version's start step in today's form."""
    type_ = registry.find("core.start")
    starts: list[Any] = [n for n in version.definition["nodes"] if n["type"] == type_.name]
    if not starts:
        return {}
    return type_.upgrade(starts[0].get("config", {}), starts[0].get("type_version", 1))
