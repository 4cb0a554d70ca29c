"""Repeating runs, or parts of them."""

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.classification.register import names_in
from apps.classification.veil import resolved
from apps.common.types import JSON, JSONDict
from apps.runs import retrying
from apps.runs.approvals.unasked import check_asked
from apps.runs.exceptions import BadInputs, PayloadsNotKept, RunNotFinished, ValuesErased
from apps.runs.models import NodeRun, Run
from apps.runs.services.starting import queue
from apps.runs.state import withholding
from apps.runs.state.accepting import check_in_use, checked_inputs
from apps.runs.state.parts import ALL, FROM, UNTIL, Part, copies
from apps.runs.state.payloads import lay_aside


def retry_run(run: Run, *, actor: User, from_node: str | None = None, inputs: JSON = None) -> Run:
    """Start a new run at a step of this one: the failed one, unless told otherwise.

    What other steps gave is taken over, not made again; `inputs` stand in for the step's input.
    Raises RunNotFinished, NoSuchStep, BadInputs, InBin, Archived, Backlogged,
    Forbidden, StorageAway.
    """
    policies.check(actor, "control", run)
    node = from_node or retrying.where_it_stopped(run)
    return rerun(run, actor=actor, part=Part(FROM, node), inputs=inputs)


def rerun(run: Run, *, actor: User, part: Part, inputs: JSON = None) -> Run:
    """Start a new run of the same version that does a part of it once more; the old one stays.

    From a step on and for one alone, what other steps gave is taken over, and `inputs` stand in for
    what the step gets; for all and up to a step they are the run's inputs. Raises BadPart,
    PastAQuestion, PayloadsNotKept, ValuesErased and what `retry_run` does.
    """
    policies.check(actor, "control", run)
    policies.check(actor, "run", run.workflow)
    check_in_use(run.workflow)
    if not run.is_finished and run.status != Run.Status.NEEDS_ATTENTION:
        raise RunNotFinished
    _check_kept(run, part, inputs)
    if part.mode in (ALL, UNTIL) and not isinstance(inputs, dict | None):
        raise BadInputs.at("inputs", "Give an object: the run begins at its start.")
    with withholding.veiled(run):  # what stands in a form may be a placeholder of this run
        new, rows = retrying.repeated(run, part, resolved(inputs))
        return _started(run, new, rows, part, actor)


def _check_kept(run: Run, part: Part, inputs: JSON) -> None:
    """Raise what keeps a run from being repeated whose values are not there any more."""
    if part.mode == ALL and not part.pins and isinstance(inputs, dict) and not names_in(inputs):
        return  # it begins anew, with inputs that somebody gives
    if not run.keeps_payloads:
        raise PayloadsNotKept
    if run.erased_at is not None:
        raise ValuesErased


def _started(run: Run, new: Run, rows: list[NodeRun], part: Part, actor: User) -> Run:
    """Write a repeat down and put it on its way."""
    check_asked(new, part, actor=actor)
    if new.inputs != run.inputs:
        new.inputs = checked_inputs(run.version, new.inputs)
        withholding.learn_inputs(new, new.inputs)
    if new.trigger != Run.Trigger.RETRY and actor.acting_key:
        new.trigger = Run.Trigger.API
    new.started_by = actor
    lay_aside(new)  # before the transaction: it may ask the file storage
    with transaction.atomic():
        new.veil_id = new.pk if withholding.is_withholding() else None
        new.save()
        withholding.take_over(new, run)
        withholding.store(new)
        record("run.retried", actor=actor, target=run, after=_told(new, part))
        return queue(new, also=copies(new, rows))


def _told(new: Run, part: Part) -> JSONDict:
    told: JSONDict = {"run": str(new.pk), part.mode: part.node or None}
    return told | ({"pins": sorted(part.pins)} if part.pins else {})
