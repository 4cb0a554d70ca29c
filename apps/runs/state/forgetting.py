"""Forgetting what runs got and gave that keep no payloads, once they are over.

Whoever waits for the answer of a run reads it after its end, so it is there for a moment more, sealed
like before. A legal hold is stronger than the wish to keep nothing.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.classification.veil import PAYLOAD
from apps.common.errors import DomainError
from apps.dispatch import chores
from apps.runs.models import Run, Withheld
from apps.workflows.purging import check_may_go

FORGET = "runs.forget"  # the kind of chore: a run that is over, and keeps nothing
GRACE, LATER = timedelta(seconds=60), timedelta(hours=1)


def plan(run: Run) -> None:
    """Have it looked at soon after its end, in the transaction that writes it."""
    if run.veil_id == run.pk:
        chores.plan(FORGET, [run.pk], chores.now() + GRACE)


@transaction.atomic
def forget(run_id: UUID) -> None:
    """Delete what is sealed of a family of runs that keeps no payloads, or of those inside that do not."""
    runs = Run.objects.select_for_update(of=("self",)).select_related("workflow", "parent")
    run = runs.filter(pk=run_id).first()
    if run is None or not run.is_finished:
        chores.done(FORGET, [run_id])
        return
    if run.parent is not None and not run.parent.is_finished:  # which may still ask for the answer
        chores.postpone(FORGET, run_id, chores.now() + GRACE)
        return
    rows = Withheld.objects.filter(run=run_id)
    gone = rows.filter(data_class=PAYLOAD) if run.keeps_payloads else rows
    try:
        if gone.exists():
            check_may_go(run.workflow)
    except DomainError:
        chores.postpone(FORGET, run_id, chores.now() + LATER)
        return
    gone.delete()
    Run.objects.filter(veil_id=run_id, keeps_payloads=False).update(erased_at=timezone.now())
    chores.done(FORGET, [run_id])
