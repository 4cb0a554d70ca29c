"""What changed in a draft, for programs: who did what to which step, and not what was written there.

Neighbouring updates of one person are one change. It is found by comparing the draft before and
after, so it says what became of it, however it was typed.
"""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from apps.common.types import JSONDict
from apps.workflows import document, points
from apps.workflows.changes import Detail, details, parts_of
from apps.workflows.exceptions import NoLongerKept
from apps.workflows.models import Workflow, WorkflowUpdate

MOST_UPDATES = 500  # that one look takes in
MOST_DETAILS = 200  # of one change; more are cut off, and it says so


def read_changes(workflow_id: UUID, after: int) -> list[JSONDict]:
    """Return the changes after a number of the log, the oldest first, so far as one look goes.

    Of what the log no longer holds one by one nothing is told: it begins at what is kept.
    """
    workflow = Workflow.objects.get(pk=workflow_id)
    rows = WorkflowUpdate.objects.filter(workflow_id=workflow_id, seq__gt=after)
    updates = list(rows.select_related("author").order_by("seq")[:MOST_UPDATES])
    if not updates:
        return []
    try:
        whole = points.whole_at(workflow, updates[0].seq - 1)
    except NoLongerKept:
        whole = document.EMPTY
    before, changes = parts_of(whole), []
    for _, group in groupby(updates, key=lambda update: update.author_id):
        own = list(group)
        whole = document.merged([whole, *(bytes(update.data) for update in own)])
        now = parts_of(whole)
        changes.append(_change(own, list(details(before, now))))
        before = now
    return changes


def _change(updates: Sequence[WorkflowUpdate], found: Sequence[Detail]) -> JSONDict:
    last = updates[-1]
    author = last.author
    return {
        "seq": last.seq,
        "at": last.created_at.isoformat(),
        "author": {"id": str(author.pk), "name": str(author)} if author else None,
        "changes": [
            {"operation": operation, "node": node, "field": name}
            for operation, node, name in found[:MOST_DETAILS]
        ],
        "more": len(found) > MOST_DETAILS,
    }
