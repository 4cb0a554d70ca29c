"""The draft of a workflow: reading it from the log and adding to the log.

The caller holds the workflow's row locked (`locked`), so that updates get gap-free numbers.
"""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.tenants.keys import group_name
from apps.workflows import document
from apps.workflows.definition import Definition, content_hash, parse
from apps.workflows.document import YDoc
from apps.workflows.exceptions import DraftTooLarge
from apps.workflows.models import Workflow, WorkflowUpdate
from apps.workflows.problems import Problem
from apps.workflows.validation import validate

MAX_DRAFT = 8 << 20
COMPACT_AFTER = 200  # updates that are merged into the snapshot at once


@dataclass
class Draft:
    """The document of a draft, and what is derived from it."""

    doc: YDoc

    @cached_property
    def data(self) -> JSONDict:
        """The definition's JSON."""
        return self.definition.as_json()

    @cached_property
    def definition(self) -> Definition:
        """The definition. Raises BadUpdate or BadDefinition if the document holds none."""
        return parse(document.read(self.doc))

    @cached_property
    def problems(self) -> list[Problem]:
        """What is wrong with it."""
        return validate(self.definition)


def load(workflow: Workflow) -> Draft:
    """Return the draft from snapshot and log."""
    later = WorkflowUpdate.objects.filter(workflow=workflow, seq__gt=workflow.snapshot_seq)
    updates = [bytes(data) for data in later.order_by("seq").values_list("data", flat=True)]
    snapshot = [bytes(workflow.snapshot)] if workflow.snapshot else []
    return Draft(document.load([*snapshot, *updates]))


def locked(workflow_id: UUID) -> Workflow:
    """Return the workflow with its row locked to the end of the transaction."""
    return Workflow.objects.select_for_update(of=("self",)).get(pk=workflow_id)


def append(workflow: Workflow, draft: Draft, update: bytes, *, author: User | None) -> None:
    """Add an update that `draft.doc` already contains to the log, and derive the rest anew.

    Raises BadUpdate, BadDefinition or DraftTooLarge; the transaction then takes all of it back.
    """
    WorkflowUpdate.objects.create(
        workflow=workflow, seq=workflow.draft_seq + 1, data=update, author=author
    )
    workflow.draft_seq += 1
    workflow.draft_sha256 = content_hash(draft.data)
    workflow.node_count = len(draft.definition.nodes)
    workflow.problem_count = sum(each.severity == "error" for each in draft.problems)
    for key, value in document.read_details(draft.doc).items():
        setattr(workflow, key, value[: 200 if key == "name" else 10_000] or getattr(workflow, key))
    _check_size(workflow, draft, update)


def _check_size(workflow: Workflow, draft: Draft, update: bytes) -> None:
    """Merge the log into the snapshot from time to time, so that opening stays fast."""
    if workflow.draft_seq - workflow.snapshot_seq < COMPACT_AFTER and len(update) < MAX_DRAFT // 8:
        return
    merged = draft.doc.get_update()
    if len(merged) > MAX_DRAFT:
        raise DraftTooLarge
    workflow.snapshot, workflow.snapshot_seq = merged, workflow.draft_seq


def group_of(workflow: Workflow) -> str:
    """Return the channel group of a workflow's editors."""
    return group_name(f"workflow.{workflow.pk}")
