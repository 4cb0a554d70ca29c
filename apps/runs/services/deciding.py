"""Deciding what runs ask: each vote is a row, counted under the lock of the run's ticket."""

from django.db import transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.classification.veil import resolved
from apps.common.errors import NotFound
from apps.common.types import JSON, JSONDict
from apps.runs.approvals import asking, links
from apps.runs.approvals.terms import Terms, approving, verdict
from apps.runs.approvals.voting import UNCHANGED, Answer
from apps.runs.engine import engine
from apps.runs.exceptions import (
    AddressChanged,
    AlreadyDecided,
    AlreadyVoted,
    LinkClosed,
    NotAssigned,
    NotForYou,
)
from apps.runs.interpreter.ledger import announce
from apps.runs.models import DecisionLink, Vote, Wait
from apps.runs.state import events, withholding
from apps.runs.state.events import Event


@transaction.atomic
def decide(
    wait: Wait,
    *,
    actor: User,
    decision: str,
    comment: str = "",
    form: JSONDict | None = None,
    value: JSON = UNCHANGED,
    by_link: bool = False,
) -> Wait:
    """Give one's answer to what a run asks; the run goes on when the answers are enough.

    Raises AlreadyDecided, AlreadyVoted, BadDecision, NotAssigned, Forbidden. The lock decides
    between two people, the row of the wait between a person and the time running out.
    """
    policies.check(actor, "decide", wait)
    wait = _locked(wait)
    if wait.status != Wait.Status.OPEN:
        raise AlreadyDecided
    if not wait.is_assigned_to(actor):
        raise NotAssigned
    with withholding.writing(wait.run):
        return _answered(wait, actor, by_link, decision, comment, form, value)


def _answered(
    wait: Wait,
    actor: User,
    by_link: bool,
    decision: str,
    comment: str,
    form: JSONDict | None,
    value: JSON,
) -> Wait:
    """Count an answer; what its form shows as withheld stands for what it was."""
    given, changed = resolved(form), value if value is UNCHANGED else resolved(value)
    answer = Answer.checked(wait, decision=decision, comment=comment, form=given, value=changed)
    if wait.votes.filter(round=wait.round, voter=actor).exists():
        raise AlreadyVoted
    if answer.edits:
        _take_edit(wait, answer)
    vote = _cast(wait, actor, answer, by_link)
    chosen = _count(wait)
    if chosen is not None and not _goes_to_next_stage(wait, chosen):
        _close(wait, vote, chosen)
    _note(wait, vote)
    return wait


@transaction.atomic
def decide_by_link(
    token: str,
    *,
    decision: str,
    comment: str = "",
    form: JSONDict | None = None,
    value: JSON = UNCHANGED,
) -> Wait:
    """Answer as the person whom a mail's link was sent to; the link then is used up.

    Raises what `find_link` raises; NotForYou where the question wants a sign-in; and what `decide` raises.
    """
    link = find_link(token)
    if Terms.of(link.wait.terms).link_requires_sign_in:
        raise NotForYou
    wait = decide(
        link.wait, actor=link.user, decision=decision, comment=comment, form=form, value=value,
        by_link=True,
    )  # fmt: skip
    now = timezone.now()
    used = DecisionLink.objects.filter(pk=link.pk, used_at=None).update(used_at=now, updated_at=now)
    if not used:
        raise LinkClosed
    return wait


def find_link(token: str) -> DecisionLink:
    """Return the link of a mail as long as it is good. Raises LinkClosed, AddressChanged."""
    link = links.find(token)
    if link is None or link.used_at or link.expires_at <= timezone.now():
        raise LinkClosed
    if not policies.allows(link.user, "view", link.wait):  # they have left, or the folder is shut
        raise LinkClosed
    if not links.was_sent_to(link, link.user.email):
        raise AddressChanged
    return link


def _locked(wait: Wait) -> Wait:
    """Return the wait as it is now, held until commit. Raises NotFound for what is no question.

    The ticket first, because whoever ends the run locks it first too.
    """
    engine().lock(wait.run_id)
    waits = Wait.objects.approvals().select_for_update(of=("self",))
    found = waits.select_related("run__workflow__folder").filter(pk=wait.pk).first()
    if found is None:
        raise NotFound
    return found


def _take_edit(wait: Wait, answer: Answer) -> None:
    """Keep the changed value. Who approved before approved something else: they are asked anew.

    In a sequence that is not so: there the later one has the last word.
    """
    wait.value = answer.value
    in_sequence = Terms.of(wait.terms).in_sequence
    if not in_sequence and wait.votes.filter(round=wait.round).exists():
        _begin_round(wait)
    wait.save(update_fields=["value", "round", "reminded", "asked_at", "updated_at"])


def _cast(wait: Wait, actor: User, answer: Answer, by_link: bool) -> Vote:
    return Vote.objects.create(
        wait=wait, round=wait.round, stage=wait.stage, voter=actor, by_link=by_link,
        decision=answer.decision, comment=answer.comment, form=answer.form, edited=answer.edits,
    )  # fmt: skip


def _count(wait: Wait) -> str | None:
    """Return the answer that the round's votes come to; None while they are not enough."""
    terms = Terms.of(wait.terms)
    votes = list(wait.votes.filter(round=wait.round).values_list("voter_id", "decision"))
    voted = {voter for voter, _ in votes}
    others = sum(user.pk not in voted for user in asking.people(wait))
    return verdict(
        [decision for _, decision in votes],
        approving(wait.actions),
        needed=terms.needed(len(voted) + others),
        veto=terms.veto,
        others=others,
    )


def _goes_to_next_stage(wait: Wait, chosen: str) -> bool:
    """Ask who comes next in a sequence, after an approval; False where nobody does."""
    terms = Terms.of(wait.terms)
    if chosen not in approving(wait.actions) or wait.stage + 1 >= len(terms.stages):
        return False
    wait.stage += 1
    also = terms.escalate_to if wait.escalated else []
    wait.assignees = list(dict.fromkeys([*terms.stages[wait.stage], *also]))
    _begin_round(wait)
    wait.save(update_fields=["stage", "round", "assignees", "reminded", "asked_at", "updated_at"])
    return True


def _begin_round(wait: Wait) -> None:
    wait.round += 1
    wait.reminded, wait.asked_at = 0, timezone.now()


def _close(wait: Wait, vote: Vote, chosen: str) -> None:
    """Settle the question, and have the run go on."""
    now = timezone.now()
    changes = {
        "status": Wait.Status.DECIDED, "decision": chosen, "comment": vote.comment,
        "form": vote.form, "decided_by": vote.voter, "decided_at": now, "updated_at": now,
    }  # fmt: skip
    if not Wait.objects.filter(pk=wait.pk).open().update(**changes):
        raise AlreadyDecided
    wait.refresh_from_db()
    engine().wake(wait.run_id)


def _note(wait: Wait, vote: Vote) -> None:
    """Write the vote into the trail and the run's history, and tell who is concerned now."""
    decided = wait.status == Wait.Status.DECIDED
    given = {"decision": vote.decision, "by_link": vote.by_link, "stage": vote.stage}
    record(
        "approval.decided" if decided else "approval.voted",
        actor=vote.voter, target=wait, after=given | ({"outcome": wait.decision} if decided else {}),
    )  # fmt: skip
    data = {"wait": str(wait.pk), "decision": vote.decision, "by": str(vote.voter)}
    event = Event(
        "node.decided" if decided else "node.voted", wait.node, data=data, frame=wait.frame
    )
    announce(wait.run, events.append(wait.run, [event]))
    if decided:
        asking.let_off(wait.pk)
        engine().look_after(wait)
    elif vote.round != wait.round or vote.edited:
        asking.ask(wait)
        engine().look_after(wait)
