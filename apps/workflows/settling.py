"""Looks at drafts after they changed: derives what lists show, mends, compacts, tells.

A live room relays bytes and builds no document, so what follows from a draft is found out here, by
a worker and without holding the row: nobody's typing waits for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Min
from django.utils import timezone

from apps.common.errors import Invalid
from apps.dispatch import chores
from apps.workflows import drafts, points
from apps.workflows.drafts import SETTLE, SETTLE_AFTER_S
from apps.workflows.exceptions import DraftTooLarge
from apps.workflows.mending import mend
from apps.workflows.models import Workflow

QUIET = timedelta(seconds=5)  # nobody is told while changes go on like this
AT_LATEST = timedelta(minutes=1)
DERIVED = ("draft_sha256", "node_count", "problem_count", "name", "description", "derived_seq")


@dataclass(frozen=True)
class Burst:
    """Changes of a draft that belong together: who made them, and which they are."""

    workflow: Workflow
    first: int
    last: int
    authors: tuple[UUID, ...]
    at: datetime


Listener = Callable[[Burst], None]
_listeners: list[Listener] = []


def register_listener(listener: Listener) -> None:
    """Call a function once for each burst of changes, in the transaction that notes it."""
    _listeners.append(listener)


def settle(workflow_id: UUID) -> None:
    """Look at a draft. Safe to do twice, and while it changes: then it is looked at again."""
    workflow = Workflow.objects.filter(pk=workflow_id).first()
    if workflow is not None:
        if workflow.derived_seq < workflow.draft_seq:
            _derive(workflow)
        if drafts.is_long(workflow):
            _compact(workflow)
    if _finish(workflow_id):
        points.record(workflow_id)


def _derive(workflow: Workflow) -> None:
    seq = workflow.draft_seq
    try:
        drafts.derive(workflow, drafts.load(workflow))
    except Invalid:
        _mend(workflow.pk)
        return
    behind = Workflow.objects.filter(pk=workflow.pk, derived_seq__lt=seq)
    behind.update(**{name: getattr(workflow, name) for name in DERIVED})


@transaction.atomic
def _mend(workflow_id: UUID) -> None:
    """Take out what no workflow can hold; what is merely too much stays, and is a problem."""
    workflow = drafts.locked(workflow_id)
    draft = drafts.load(workflow)
    mended = mend(draft.doc)
    try:
        with transaction.atomic():
            drafts.append(workflow, draft.plus(mended), mended, author=None)
    except Invalid:
        workflow.refresh_from_db()
        workflow.derived_seq, workflow.draft_sha256 = workflow.draft_seq, ""
        workflow.problem_count = 1
        workflow.save(update_fields=["derived_seq", "draft_sha256", "problem_count"])
        return
    workflow.revision += 1
    workflow.save()


def _compact(workflow: Workflow) -> None:
    before = workflow.snapshot_seq
    try:
        drafts.compact(workflow)
    except DraftTooLarge:  # nothing can be added to it, so it stays as it is
        return
    Workflow.objects.filter(pk=workflow.pk, snapshot_seq=before).update(
        snapshot=workflow.snapshot, snapshot_seq=workflow.snapshot_seq
    )


@transaction.atomic
def _finish(workflow_id: UUID) -> bool:
    """Tell whoever wants to know, once the changes have come to rest; say whether they have."""
    rows = Workflow.objects.select_for_update(of=("self",))
    workflow = rows.defer("snapshot").filter(pk=workflow_id).first()
    if workflow is None or workflow.told_seq == workflow.draft_seq:
        chores.done(SETTLE, [workflow_id])
        return False
    again_at = _looked_at_again(workflow)
    if again_at is not None:
        chores.postpone(SETTLE, workflow_id, again_at)
        return False
    burst = _burst(workflow)
    Workflow.objects.filter(pk=workflow_id).update(told_seq=F("draft_seq"))
    chores.done(SETTLE, [workflow_id])
    for listener in _listeners:
        listener(burst)
    return True


def _looked_at_again(workflow: Workflow) -> datetime | None:
    """Return when to look again; None if the changes have come to rest."""
    untold = workflow.updates.filter(seq__gt=workflow.told_seq)
    times: dict[str, datetime] = untold.aggregate(first=Min("created_at"), last=Max("created_at"))
    now = timezone.now()
    if workflow.derived_seq < workflow.draft_seq:
        return chores.now() + timedelta(seconds=SETTLE_AFTER_S)
    if now - times["last"] < QUIET and now - times["first"] < AT_LATEST:
        return chores.now() + max(QUIET - (now - times["last"]), timedelta(seconds=1))
    return None


def _burst(workflow: Workflow) -> Burst:
    untold = workflow.updates.filter(seq__gt=workflow.told_seq)
    authors = untold.exclude(author=None).order_by("author").values_list("author_id", flat=True)
    return Burst(
        workflow, workflow.told_seq + 1, workflow.draft_seq,
        tuple(authors.distinct()), timezone.now(),
    )  # fmt: skip
