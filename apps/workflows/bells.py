"""Telling pages of a workflow that something beside its draft changed: of what kind, never what."""

from uuid import UUID

from apps.common.events import publish_on_commit
from apps.common.types import JSONDict
from apps.tenants.keys import group_name
from apps.workflows.models import Workflow

KIND = "beside"
PINS, DATA_SETS, VERSION, REVIEW = "pins", "data_sets", "version", "review"


def channel_of(workflow_id: UUID) -> str:
    """Return the name of the group in which pages of a workflow listen, without its schema."""
    return f"workflow.{workflow_id}"


def frame_of(workflow: Workflow, what: str) -> JSONDict:
    """Return what a page is told: a kind of thing to read again."""
    return {"type": KIND, "workflow": str(workflow.pk), "what": what}


def ring(workflow: Workflow, what: str) -> None:
    """Have pages read it again once the transaction is committed."""
    publish_on_commit(group_name(channel_of(workflow.pk)), frame_of(workflow, what))
