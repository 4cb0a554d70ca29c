"""Deciding what runs wait for."""

from django.db import transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import NotFound
from apps.common.types import JSONDict
from apps.dispatch import services as dispatch
from apps.runs import events
from apps.runs.events import Event
from apps.runs.exceptions import AlreadyDecided, BadDecision, NotAssigned
from apps.runs.ledger import announce
from apps.runs.models import Wait


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


def _check_decision(wait: Wait, decision: str, comment: str) -> None:
    offered = [action["id"] for action in wait.actions]
    if decision not in offered:
        raise BadDecision.at("decision", f"Choose one of: {', '.join(offered)}.", "invalid")
    if wait.require_reason and not comment.strip():
        raise BadDecision.at("comment", "Give a reason.", "required")
