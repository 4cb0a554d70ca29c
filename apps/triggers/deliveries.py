"""Carrying out what a trigger asks for: a run in its person's name, or the reason why there is none."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Conflict, DomainError, Forbidden, NotFound, TooMany
from apps.common.types import JSONDict
from apps.dispatch import chores
from apps.nodes.types.core_start import StartConfig
from apps.retention import holds
from apps.runs.models import Run
from apps.runs.services import cancel_run, start_run
from apps.runs.state.accepting import form_of, pinned_version
from apps.triggers.configs import Overlap
from apps.triggers.models import Delivery, Trigger

DELIVERY = "triggers.delivery"  # the kind of chore: a delivery that is still pending
SCHEDULE = "triggers.schedule"  # and: a schedule that fires next
KEPT, KEPT_REFUSED = 500, 100
MOST_QUEUED = 100
TIDY_EVERY = 50
RETRY_S = 30
Outcome = Delivery.Outcome


def carry_out(delivery_id: UUID) -> None:
    """Start the run of a pending delivery, or leave it pending until there is room for it."""
    with transaction.atomic():
        delivery = _locked(delivery_id)
        if delivery is None:
            chores.done(DELIVERY, [delivery_id])
        else:
            attempt(delivery)


def attempt(delivery: Delivery) -> None:
    """Start the run of a delivery whose trigger is locked; its outcome says what became of it."""
    trigger = delivery.trigger
    if trigger.kind == Trigger.Kind.SCHEDULE and not _makes_way(trigger, delivery):
        return
    try:
        with transaction.atomic():
            run = begin(delivery, actor=trigger.run_as, dedupe_key=delivery.dedupe_key)
    except TooMany as error:
        wait_s = int(error.headers.get("Retry-After", RETRY_S))
        _postpone(delivery, wait_s, error.detail)
    except DomainError as error:
        settle(delivery, Outcome.REFUSED, reason_of(error))
        pause_if_barred(trigger, error)
    else:
        settle(delivery, Outcome.STARTED, run=run)


def begin(
    delivery: Delivery,
    *,
    actor: User | None,
    version: str | None = None,
    **how: Any,
) -> Run:
    """Start the run that a delivery asks for, in somebody's name; `how` goes to `start_run`.

    Raises what `start_run` raises, and Barred where nobody is left who may start it.
    """
    trigger = delivery.trigger
    if actor is None or not actor.is_active:
        raise Barred("The person in whose name it runs is not active any more.")
    try:
        policies.check(actor, "run", trigger.workflow)
    except (Forbidden, NotFound):
        raise Barred(f"{actor} may not run this workflow any more.") from None
    form = form_of(pinned_version(trigger.workflow, actor, version))
    return start_run(
        trigger.workflow,
        actor=actor,
        inputs=inputs_of(trigger, delivery.payload, form),
        version=version,
        trigger=trigger.kind,
        **how,
    )


class Barred(Conflict):
    """Nobody is left in whose name this trigger may start runs."""

    code = "barred"


def inputs_of(trigger: Trigger, payload: JSONDict, form: StartConfig) -> JSONDict:
    """Return what of a payload the start step is given.

    A form without fields takes all of it, another one what it has a field for. Only where a
    webhook's body is mapped onto the form must every name fit.
    """
    if trigger.kind == Trigger.Kind.WEBHOOK and trigger.webhook.input == "body":
        body = payload.get("body")
        return body if isinstance(body, dict) else {}
    given = trigger.schedule.inputs if trigger.kind == Trigger.Kind.SCHEDULE else {}
    names = {field.name for field in form.fields}
    offered = {key: value for key, value in payload.items() if not names or key in names}
    return {**offered, **given}


def settle(delivery: Delivery, outcome: str, reason: str = "", run: Run | None = None) -> None:
    """Write down what came of a delivery."""
    delivery.outcome, delivery.reason, delivery.run = outcome, reason[:300], run
    delivery.save(update_fields=["outcome", "reason", "run", "updated_at"])
    chores.done(DELIVERY, [delivery.pk])
    tidy_sometimes(delivery)


def reason_of(error: DomainError) -> str:
    """Return what a person reads about a refusal."""
    fields = "; ".join(f"{each['field']}: {each['message']}" for each in error.errors)
    return f"{error.detail} {fields}".strip()


def pause_if_barred(trigger: Trigger, error: DomainError) -> None:
    """Switch a trigger off that nobody may use any more, with an audit entry that says why."""
    if not isinstance(error, Barred) or not trigger.enabled:
        return
    trigger.enabled, trigger.paused_reason = False, error.detail[:300]
    trigger.save(update_fields=["enabled", "paused_reason", "updated_at"])
    chores.done(SCHEDULE, [trigger.pk])
    record("trigger.paused", actor=None, target=trigger, after={"reason": trigger.paused_reason})


def tidy_sometimes(delivery: Delivery) -> None:
    """Keep the deliveries of a trigger bounded; one in so many does the work for all."""
    if delivery.pk.int % TIDY_EVERY == 0:
        tidy(delivery.trigger_id)


def tidy(trigger_id: UUID) -> None:
    """Remove all but the newest deliveries; refused ones push out no others. A hold keeps all."""
    if _is_held(trigger_id):
        return
    all_ = Delivery.objects.filter(trigger_id=trigger_id).exclude(outcome=Outcome.PENDING)
    refused = all_.filter(outcome=Outcome.REFUSED)
    others = all_.exclude(outcome=Outcome.REFUSED)
    for rows, kept in ((refused, KEPT_REFUSED), (others, KEPT)):
        newest = rows.order_by("-created_at", "-id").values_list("created_at", flat=True)
        last = newest[kept - 1 : kept].first()
        if last is not None:
            rows.filter(created_at__lt=last).delete()


def _is_held(trigger_id: UUID) -> bool:
    held = Trigger.objects.filter(pk=trigger_id, workflow__in=holds.held_workflows())
    return holds.everything_is_held() or held.exists()


def _locked(delivery_id: UUID) -> Delivery | None:
    """Return a pending delivery, its trigger locked: one at a time decides for a trigger."""
    found = Delivery.objects.filter(pk=delivery_id, outcome=Outcome.PENDING)
    trigger_id = found.values_list("trigger", flat=True).first()
    if trigger_id is None:
        return None
    trigger = locked_trigger(trigger_id)
    delivery = found.first()
    if trigger is None or delivery is None:
        return None
    delivery.trigger = trigger
    return delivery


def locked_trigger(trigger_id: UUID) -> Trigger | None:
    """Return a trigger with all that starting needs, locked until the transaction ends."""
    related = Trigger.objects.select_related(
        "workflow__folder", "workflow__published_version", "run_as"
    )
    return related.select_for_update(of=("self",)).filter(pk=trigger_id).first()


def _makes_way(trigger: Trigger, delivery: Delivery) -> bool:
    """Tell whether a schedule may start a run now that an earlier one may still be going on."""
    overlap = trigger.schedule.overlap
    going_on = trigger.deliveries.unfinished()
    if overlap == Overlap.ALLOW or delivery.replay_of_id or not going_on.exists():
        return True
    if overlap == Overlap.SKIP:
        settle(delivery, Outcome.SKIPPED, "The run before it is still going on.")
        return False
    if overlap == Overlap.CANCEL_PREVIOUS:
        return _cancelled(trigger, going_on, delivery)
    queued = trigger.deliveries.filter(outcome=Outcome.PENDING).exclude(pk=delivery.pk).count()
    if queued >= MOST_QUEUED:
        settle(delivery, Outcome.SKIPPED, f"{MOST_QUEUED} runs wait for their turn already.")
    else:
        _postpone(delivery, RETRY_S, "Waits for the run before it.")
    return False


def _cancelled(trigger: Trigger, going_on: Any, delivery: Delivery) -> bool:
    for each in going_on.select_related("run__workflow__folder"):
        assert each.run is not None
        try:
            if trigger.run_as is None:
                raise Barred
            with transaction.atomic():
                cancel_run(each.run, actor=trigger.run_as)
        except Conflict:
            continue  # it ended by itself in this moment, or nobody may: starting will say so
        except DomainError as error:
            settle(delivery, Outcome.REFUSED, f"The run before it cannot be cancelled: {error}")
            return False
    return True


def _postpone(delivery: Delivery, seconds: int, reason: str) -> None:
    delivery.reason = reason[:300]
    delivery.save(update_fields=["reason", "updated_at"])
    due_at = chores.now() + timedelta(seconds=seconds)
    chores.plan(DELIVERY, [delivery.pk], due_at)
