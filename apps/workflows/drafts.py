"""The draft of a workflow: reading it from the log and adding to the log.

Updates get gap-free numbers, because whoever adds any holds the workflow's row locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection

from apps.accounts.models import User
from apps.common.events import publish_on_commit
from apps.common.types import JSONDict
from apps.dispatch import chores
from apps.tenants.keys import group_name
from apps.workflows import document
from apps.workflows.definition import Definition, content_hash, parse
from apps.workflows.document import YDoc
from apps.workflows.exceptions import BadUpdate, DraftTooLarge, InBin
from apps.workflows.models import Origin, Workflow, WorkflowUpdate
from apps.workflows.problems import Problem
from apps.workflows.runbook.mending import is_sound
from apps.workflows.validation import validate
from apps.workflows.wire import check_update

MAX_DRAFT = 8 << 20
COMPACT_AFTER = 200  # updates that are merged into the snapshot at once
MAX_TOLD = 256 << 10  # bytes of an update that travel with its event; longer ones are read
SETTLE = "draft"  # the chore that looks at a draft after live changes
SETTLE_AFTER_S = 2
EXTEND = """
WITH draft AS (
    UPDATE workflows_workflow
    SET draft_seq = draft_seq + %(count)s, revision = revision + 1, updated_at = clock_timestamp()
    WHERE id = %(workflow)s AND deleted_at IS NULL
    RETURNING draft_seq, draft_seq - %(count)s AS before, told_seq
), added AS (
    INSERT INTO workflows_workflowupdate (workflow_id, seq, data, author_id, created_at)
    SELECT %(workflow)s, draft.before + row.place, row.data, row.author, clock_timestamp()
    FROM draft, unnest(%(data)s::bytea[], %(authors)s::uuid[])
        WITH ORDINALITY AS row (data, author, place)
)
SELECT draft_seq, before = told_seq FROM draft
"""


@dataclass
class Draft:
    """What a draft consists of in one update, and what is derived from it."""

    whole: bytes

    @cached_property
    def doc(self) -> YDoc:
        """The document. What is changed in it is no part of the draft before it is added."""
        return document.load([self.whole])

    def plus(self, update: bytes) -> "Draft":
        """Return the draft with an update added."""
        return Draft(document.merged([self.whole, update]))

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
    return Draft(document.merged(updates_of(workflow)))


def updates_of(workflow: Workflow) -> list[bytes]:
    """Return the bytes that make the draft: the snapshot and what the log has after it."""
    later = WorkflowUpdate.objects.filter(workflow=workflow, seq__gt=workflow.snapshot_seq)
    updates = [bytes(data) for data in later.order_by("seq").values_list("data", flat=True)]
    return [*([bytes(workflow.snapshot)] if workflow.snapshot else []), *updates]


def locked(workflow_id: UUID) -> Workflow:
    """Return the workflow with its row locked to the end of the transaction."""
    return Workflow.objects.select_for_update(of=("self",)).get(pk=workflow_id)


def append(
    workflow: Workflow, draft: Draft, update: bytes, *, author: User | None, origin: str = ""
) -> None:
    """Add an update that the draft already contains to the log, and derive the rest anew.

    Without an origin it comes from an editor, or from the API where a key acts. The caller holds the row locked. Raises BadUpdate, BadDefinition or DraftTooLarge; the
    transaction then takes all of it back.
    """
    is_new = workflow.draft_seq == 0
    if workflow.told_seq == workflow.draft_seq and not is_new:
        plan_settling(workflow.pk)
    WorkflowUpdate.objects.create(
        workflow=workflow, seq=workflow.draft_seq + 1, data=update, author=author,
        origin=origin or (Origin.API if author and author.acting_key else Origin.EDITOR),
    )  # fmt: skip
    workflow.draft_seq += 1
    workflow.told_seq = workflow.draft_seq if is_new else workflow.told_seq
    derive(workflow, draft)
    if is_long(workflow) or len(update) >= MAX_DRAFT // 8:
        compact(workflow)
    seq = workflow.draft_seq
    publish_on_commit(group_of(workflow.pk), told(seq, seq, update))


@dataclass(frozen=True)
class Written:
    """An update and who made it."""

    data: bytes
    author_id: UUID | None


def extend(workflow_id: UUID, written: Sequence[Written]) -> int:
    """Add checked updates to the log as they are; durable when this returns the last one's number.

    One statement, because everybody in the room waits for it. No document is built here: what is
    derived from the draft follows by a chore, and whoever calls this tells the draft's group.
    Raises InBin.
    """
    values: dict[str, Any] = {
        "workflow": workflow_id,
        "count": len(written),
        "data": [each.data for each in written],
        "authors": [each.author_id for each in written],
    }
    with connection.cursor() as cursor:
        cursor.execute(EXTEND, values)
        found = cursor.fetchone()
    if found is None:
        raise InBin
    last, is_first = found
    if is_first:
        plan_settling(workflow_id)
    return int(last)


def plan_settling(workflow_id: UUID) -> None:
    """Have a draft looked at soon; the first change after the last look asks for it."""
    chores.plan(SETTLE, [workflow_id], chores.now() + timedelta(seconds=SETTLE_AFTER_S))


def derive(workflow: Workflow, draft: Draft) -> None:
    """Set what follows from the draft. Raises BadUpdate or BadDefinition."""
    if not is_sound(draft.doc):
        raise BadUpdate("The update leaves something in the runbook that none can hold.")
    workflow.draft_sha256 = content_hash(draft.data)
    workflow.node_count = len(draft.definition.nodes)
    workflow.problem_count = sum(each.severity == "error" for each in draft.problems)
    for key, value in document.read_details(draft.doc).items():
        setattr(workflow, key, value[: 200 if key == "name" else 10_000] or getattr(workflow, key))
    workflow.derived_seq = workflow.draft_seq


def is_long(workflow: Workflow) -> bool:
    """Tell whether the log has so much after the snapshot that opening becomes slow."""
    return workflow.draft_seq - workflow.snapshot_seq >= COMPACT_AFTER


def compact(workflow: Workflow) -> None:
    """Merge the log into the snapshot. Raises DraftTooLarge."""
    whole = compacted(load(workflow))
    if len(whole) > MAX_DRAFT:
        raise DraftTooLarge
    workflow.snapshot, workflow.snapshot_seq = whole, workflow.draft_seq


def compacted(draft: Draft) -> bytes:
    """Return the draft's bytes, if possible without what was deleted.

    The library's document would lose what waits for something missing, and miscounts where letters
    of two ticks are halved: then the bytes stay as they are.
    """
    contents = check_update(draft.whole, closely=True)
    if document.is_complete(draft.doc, contents) and not contents.halves_letters:
        return bytes(draft.doc.get_update())
    return draft.whole


def group_of(workflow_id: UUID) -> str:
    """Return the channel group of a draft: who is in it hears of each update."""
    return group_name(f"draft.{workflow_id}")


def told(first: int, last: int, data: bytes) -> JSONDict:
    """Return the event that says what was added to the log; who needs more reads it there."""
    event: JSONDict = {"type": "update", "first": first, "last": last}
    return event | ({"data": data} if len(data) <= MAX_TOLD else {})
