"""What a new run is made of: a version that it keeps, and inputs that fit its form."""

from typing import Any

from apps.accounts.models import User
from apps.common.derived import Derived
from apps.common.types import JSONDict
from apps.nodes import registry
from apps.nodes.types.core_start import InputRefused, StartConfig, check_inputs
from apps.runs.exceptions import Archived, BadInputs, NoSuchVersion, NotPublished
from apps.runs.state.outcomes import storable
from apps.workflows.exceptions import InBin
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.services import snapshot_draft

_forms = Derived[StartConfig](500)


def check_in_use(workflow: Workflow) -> None:
    """Raise InBin or Archived for a workflow that may not be started."""
    if workflow.deleted_at is not None:
        raise InBin
    if workflow.archived_at is not None:
        raise Archived


def checked_inputs(version: WorkflowVersion, inputs: JSONDict) -> JSONDict:
    """Return the inputs as the start step's form and the database take them. Raises BadInputs."""
    try:
        checked = check_inputs(form_of(version), inputs)
        return dict(storable(checked)[0])
    except InputRefused as error:
        raise BadInputs(errors=error.errors) from error


def form_of(version: WorkflowVersion) -> StartConfig:
    """Return the form of the version's start step; without fields it takes any inputs."""
    return _forms.get(version.sha256, lambda: StartConfig.model_validate(_start_config(version)))


def pinned_version(workflow: Workflow, actor: User, wanted: int | str | None) -> WorkflowVersion:
    """Return the version that a run keeps: the newest published one, one by number, or the draft.

    Raises NotPublished, NoSuchVersion, and for the draft what `snapshot_draft` raises.
    """
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
