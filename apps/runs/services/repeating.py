"""Repeating runs from one of their steps."""

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSON
from apps.runs import retrying
from apps.runs.accepting import check_in_use, checked_inputs
from apps.runs.exceptions import RunNotFinished
from apps.runs.models import Run
from apps.runs.services.starting import queue


@transaction.atomic
def retry_run(run: Run, *, actor: User, from_node: str | None = None, inputs: JSON = None) -> Run:
    """Start a new run at a step of this one: the failed one, unless told otherwise.

    What other steps gave is taken over, not made again; `inputs` stand in for the step's input.
    Raises RunNotFinished, NoSuchStep, BadInputs, InBin, Archived, Backlogged, Forbidden.
    """
    policies.check(actor, "control", run)
    policies.check(actor, "run", run.workflow)
    check_in_use(run.workflow)
    if not run.is_finished and run.status != Run.Status.NEEDS_ATTENTION:
        raise RunNotFinished
    new, linked = retrying.repeated(run, from_node, inputs)
    if new.inputs != run.inputs:
        new.inputs = checked_inputs(run.version, new.inputs)
    new.started_by = actor
    new.save()
    record("run.retried", actor=actor, target=run, after={"run": str(new.pk), "from": from_node})
    return queue(new, also=retrying.link(new, linked))
