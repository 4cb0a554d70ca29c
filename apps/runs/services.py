"""Starting, steering and repeating runs, and deciding what they wait for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Conflict, NotFound
from apps.common.types import JSON, JSONDict
from apps.dispatch import leases
from apps.dispatch import services as dispatch
from apps.dispatch.models import Ticket
from apps.nodes import registry
from apps.nodes.types.core_start import InputRefused, StartConfig, check_inputs
from apps.runs import events, retrying
from apps.runs.events import Event
from apps.runs.exceptions import (
    AlreadyDecided,
    Archived,
    BadDecision,
    BadInputs,
    NoSuchVersion,
    NotAssigned,
    NotPaused,
    NotPublished,
    RunFinished,
    RunNotFinished,
)
from apps.runs.ledger import Clock, Ledger, announce
from apps.runs.models import Run, Wait
from apps.workflows.exceptions import InBin
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.services import snapshot_draft


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
) -> Run:
    """Queue a run of a version: the newest published one, one by its number, or the `"draft"`.

    Raises NotPublished, NoSuchVersion, BadInputs with an entry for each field, HasProblems for a
    draft that cannot run, InBin, Archived, Forbidden, Backlogged.
    """
    policies.check(actor, "run", workflow)
    _check_in_use(workflow)
    pinned = _version(workflow, actor, version)
    run = Run.objects.create(
        workflow=workflow,
        version=pinned,
        inputs=_checked(pinned, inputs),
        trigger=trigger,
        started_by=actor,
    )
    return _queued(run, priority=priority)


@transaction.atomic
def cancel_run(run: Run, *, actor: User) -> Run:
    """End a run: no step starts after this returns. Raises RunFinished, Forbidden.

    Where a worker carries it, that one ends it within a second or two; else it ends here.
    """
    policies.check(actor, "control", run)
    record("run.cancelled", actor=actor, target=run)
    with _in_hand(run) as ledger:
        if ledger is None:
            dispatch.ask(run.pk, Ticket.Wish.CANCEL)
        else:
            ledger.finish(bytes(run.state), Run.Status.CANCELLED)
    return run


@transaction.atomic
def pause_run(run: Run, *, actor: User) -> Run:
    """Let the steps that run finish and start no others. Raises RunFinished, Forbidden."""
    policies.check(actor, "control", run)
    record("run.paused", actor=actor, target=run)
    with _in_hand(run) as ledger:
        if ledger is None:
            dispatch.ask(run.pk, Ticket.Wish.PAUSE)
        elif run.status in (Run.Status.PAUSED, Run.Status.NEEDS_ATTENTION):
            raise Conflict("The run stands still already.")
        else:
            ledger.release(
                bytes(run.state),
                wake_seen=ledger.lease.wake,
                ticket=Ticket.Status.PAUSED,
                status=Run.Status.PAUSED,
            )
    return run


@transaction.atomic
def resume_run(run: Run, *, actor: User) -> Run:
    """Go on where a paused run stopped. Raises NotPaused, RunFinished, Forbidden."""
    policies.check(actor, "control", run)
    ticket = _locked_ticket(run)
    if run.status != Run.Status.PAUSED and ticket.wanted != Ticket.Wish.PAUSE:
        raise NotPaused
    record("run.resumed", actor=actor, target=run)
    if run.status == Run.Status.PAUSED:
        dispatch.resume(run.pk)
        announce(run, events.append(run, [Event("run.queued")], status=Run.Status.QUEUED))
    else:
        dispatch.ask(run.pk, Ticket.Wish.NONE)
    return run


@transaction.atomic
def retry_run(run: Run, *, actor: User, from_node: str | None = None, inputs: JSON = None) -> Run:
    """Start a new run at a step of this one: the failed one, unless told otherwise.

    What other steps gave is taken over, not made again; `inputs` stand in for the step's input.
    Raises RunNotFinished, NoSuchStep, BadInputs, InBin, Archived, Backlogged, Forbidden.
    """
    policies.check(actor, "control", run)
    policies.check(actor, "run", run.workflow)
    _check_in_use(run.workflow)
    if not run.is_finished and run.status != Run.Status.NEEDS_ATTENTION:
        raise RunNotFinished
    new, linked = retrying.repeated(run, from_node, inputs)
    if new.inputs != run.inputs:
        new.inputs = _checked(run.version, new.inputs)
    new.started_by = actor
    new.save()
    record("run.retried", actor=actor, target=run, after={"run": str(new.pk), "from": from_node})
    return _queued(new, also=retrying.link(new, linked))


@transaction.atomic
def decide(
    wait: Wait, *, actor: User, decision: str, comment: str = "", form: JSONDict | None = None
) -> Wait:
    """Answer what a run asks. Raises AlreadyDecided, BadDecision, NotAssigned, Forbidden.

    One statement decides between two people, or between a person and the time running out.
    """
    policies.check(actor, "decide", wait)
    if wait.kind != Wait.Kind.APPROVAL:
        raise NotFound
    if not wait.is_assigned_to(actor):
        raise NotAssigned
    _check_decision(wait, decision, comment)
    dispatch.wake(wait.run_id)  # first, because whoever ends the run locks the ticket first too
    now = timezone.now()
    decided = Wait.objects.filter(pk=wait.pk).open().update(
        status=Wait.Status.DECIDED, decision=decision, comment=comment, form=form,
        decided_by=actor, decided_at=now, updated_at=now,
    )  # fmt: skip
    if not decided:
        raise AlreadyDecided
    record("approval.decided", actor=actor, target=wait, after={"decision": decision})
    data = {"wait": str(wait.pk), "decision": decision, "by": str(actor)}
    announce(wait.run, events.append(wait.run, [Event("node.decided", wait.node, data=data)]))
    wait.refresh_from_db()
    return wait


@contextmanager
def _in_hand(run: Run) -> Iterator[Ledger | None]:
    """Hold a run that no worker carries, to change it here; None where one does.

    Raises RunFinished. The run is read anew: it may have gone on since the caller looked.
    """
    lease = leases.seize(run.pk, owner="service")
    run.refresh_from_db()
    if run.is_finished:
        raise RunFinished
    yield None if lease is None else Ledger(run, lease, Clock(lease.at))


def _check_in_use(workflow: Workflow) -> None:
    if workflow.deleted_at is not None:
        raise InBin
    if workflow.archived_at is not None:
        raise Archived


def _locked_ticket(run: Run) -> Ticket:
    ticket = Ticket.objects.select_for_update().filter(pk=run.pk).first()
    run.refresh_from_db()
    if ticket is None or run.is_finished:
        raise RunFinished
    return ticket


def _check_decision(wait: Wait, decision: str, comment: str) -> None:
    offered = [action["id"] for action in wait.actions]
    if decision not in offered:
        raise BadDecision.at("decision", f"Choose one of: {', '.join(offered)}.", "invalid")
    if wait.require_reason and not comment.strip():
        raise BadDecision.at("comment", "Give a reason.", "required")


def _version(workflow: Workflow, actor: User, wanted: int | str | None) -> WorkflowVersion:
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


def _checked(version: WorkflowVersion, inputs: JSONDict) -> JSONDict:
    """Return the inputs as the start step's form takes them. Raises BadInputs."""
    try:
        return check_inputs(StartConfig.model_validate(_start_config(version)), inputs)
    except InputRefused as error:
        raise BadInputs(errors=error.errors) from error


def _start_config(version: WorkflowVersion) -> JSONDict:
    """Return the config of the version's start step in today's form."""
    type_ = registry.find("core.start")
    starts: list[Any] = [n for n in version.definition["nodes"] if n["type"] == type_.name]
    if not starts:
        return {}
    return type_.upgrade(starts[0].get("config", {}), starts[0].get("type_version", 1))


def _queued(run: Run, *, priority: int = 0, also: tuple[Event, ...] = ()) -> Run:
    """Put a new run on its way, with the event that says so."""
    dispatch.ring_on_commit(dispatch.admit(run.pk, priority=priority))
    announce(run, events.append(run, [Event("run.queued"), *also]), status=run.status)
    return run
