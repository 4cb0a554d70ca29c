"""Asking for reviews, answering them, and the rules about where they are needed."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import Folder, User
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.notifications import services as notifications
from apps.reviews import news
from apps.reviews.exceptions import (
    NoReviewNeeded,
    OwnWork,
    ReasonMissing,
    ReviewClosed,
    RuleTaken,
    SaidAlready,
)
from apps.reviews.models import Opinion, Review, Rule
from apps.reviews.rules import needed_in
from apps.workflows import bells, contributions, drafts, points
from apps.workflows.contributions import Contribution
from apps.workflows.exceptions import NothingToPublish
from apps.workflows.models import Workflow
from apps.workflows.services import current, snapshot_draft

Status = Review.Status


def find_review(review_id: UUID | str, *, actor: User) -> Review:
    """Return a review that the actor may see. Raises NotFound."""
    related = Review.objects.select_related(
        "workflow__folder", "workflow__published_version", "version", "base", "requested_by"
    )
    return policies.find(actor, related, pk=review_id)


@transaction.atomic
def request_review(workflow: Workflow, *, actor: User, notes: str = "") -> Review:
    """Ask others to look at the draft as it is now; an open question about an older one ends.

    Raises NoReviewNeeded, NothingToPublish, HasProblems, InBin, Forbidden.
    """
    version = snapshot_draft(workflow, actor=actor)
    workflow = drafts.locked(workflow.pk)
    needed = needed_in(workflow.folder)
    if not needed:
        raise NoReviewNeeded
    base = workflow.published_version
    if base is not None and base.sha256 == version.sha256:
        raise NothingToPublish
    for older in Review.objects.open().filter(workflow=workflow).select_for_update():
        _close(older, Status.WITHDRAWN)
    review = Review.objects.create(
        workflow=workflow, version=version, base=base, notes=notes.strip(), needed=needed,
        requested_by=actor, seq=workflow.draft_seq,
    )  # fmt: skip
    review.authors.set(_authors(workflow))
    record("review.requested", actor=actor, target=workflow, after={"sha256": version.sha256})
    news.tell_asked(review)
    bells.ring(workflow, bells.REVIEW)
    return review


@transaction.atomic
def give_opinion(review: Review, *, actor: User, approves: bool, comment: str = "") -> Review:
    """Approve or refuse. One refusal ends the review; so do as many approvals as are needed.

    Raises ReviewClosed, OwnWork, SaidAlready, ReasonMissing, Forbidden.
    """
    policies.check(actor, "decide", review)
    review = _locked(review)
    _check_independent(review, actor)
    comment = comment.strip()
    if not approves and not comment:
        raise ReasonMissing.at("comment", ReasonMissing.__doc__ or "")
    Opinion.objects.create(review=review, reviewer=actor, approves=approves, comment=comment)
    said = {"approves": approves, "comment": comment, "sha256": review.version.sha256}
    record("review.answered", actor=actor, target=review.workflow, after=said)
    if not approves:
        _close(review, Status.REFUSED)
    elif review.opinions.filter(approves=True).count() >= review.needed:
        _close(review, Status.APPROVED)
    if not review.is_open:
        news.tell_answered(review, comment)
    bells.ring(review.workflow, bells.REVIEW)
    return review


@transaction.atomic
def withdraw_review(review: Review, *, actor: User) -> Review:
    """End a review without an answer. Raises ReviewClosed, Forbidden."""
    policies.check(actor, "edit", review.workflow)
    review = _locked(review)
    _close(review, Status.WITHDRAWN)
    record("review.withdrawn", actor=actor, target=review.workflow)
    bells.ring(review.workflow, bells.REVIEW)
    return review


@transaction.atomic
def set_rule(*, actor: User, folder: Folder | None, approvals: int) -> Rule:
    """Have publishing need approvals in a place. Raises RuleTaken, Forbidden."""
    policies.require(actor, "review_rule.manage")
    if Rule.objects.filter(folder=folder).exists():
        raise RuleTaken.at("folder", RuleTaken.__doc__ or "")
    rule = Rule.objects.create(folder=folder, approvals=approvals)
    record("review_rule.created", actor=actor, target=rule, after=_shown(rule))
    return rule


@transaction.atomic
def change_rule(rule: Rule, *, actor: User, approvals: int) -> Rule:
    """Need more or fewer approvals; what is asked already keeps its number. Raises Forbidden."""
    policies.require(actor, "review_rule.manage")
    before = _shown(rule)
    rule.approvals = approvals
    rule.save()
    record("review_rule.changed", actor=actor, target=rule, before=before, after=_shown(rule))
    return rule


@transaction.atomic
def remove_rule(rule: Rule, *, actor: User) -> None:
    """Let a place publish as its surroundings do. Raises Forbidden."""
    policies.require(actor, "review_rule.manage")
    record("review_rule.removed", actor=actor, target=rule, before=_shown(rule))
    rule.delete()


def need_of(workflow: Workflow, newest: Review | None) -> JSONDict:
    """Return how many approvals publishing needs, and whether the newest review gives them."""
    workflow, needed = current(workflow), needed_in(workflow.folder)
    is_approved = (
        newest is not None
        and newest.status == Status.APPROVED
        and newest.version.sha256 == workflow.draft_sha256
        and newest.opinions.filter(approves=True).count() >= needed
    )
    return {"needed": needed, "may_publish": not needed or is_approved, "review": newest}


def contributions_of(review: Review) -> list[Contribution]:
    """Return what the review is about, by who changed it."""
    points.record(review.workflow_id)
    before = review.base.definition if review.base else contributions.EMPTY
    since = review.base.seq if review.base else 0
    return contributions.contributions(
        review.workflow, before, review.version.definition, since, review.seq
    )


def may_answer(review: Review, actor: User) -> bool:
    """Tell whether somebody can say now what they think of it."""
    if not review.is_open or not policies.allows(actor, "decide", review):
        return False
    try:
        _check_independent(review, actor)
    except (OwnWork, SaidAlready):
        return False
    return True


def _authors(workflow: Workflow) -> list[User]:
    """Return who changed the draft since the version that runs."""
    since = workflow.published_version.seq if workflow.published_version else 0
    return list(User.objects.filter(pk__in=points.authors_since(workflow, since)))


def _check_independent(review: Review, actor: User) -> None:
    if actor.pk == review.requested_by_id or review.authors.filter(pk=actor.pk).exists():
        raise OwnWork
    if review.opinions.filter(reviewer=actor).exists():
        raise SaidAlready


def _locked(review: Review) -> Review:
    found = Review.objects.select_for_update(of=("self",)).select_related(
        "workflow__folder", "version", "requested_by"
    ).get(pk=review.pk)  # fmt: skip
    if not found.is_open:
        raise ReviewClosed
    return found


def _close(review: Review, status: str) -> None:
    review.status, review.closed_at = status, timezone.now()
    review.save(update_fields=["status", "closed_at", "updated_at"])
    notifications.settle(review.pk)


def _shown(rule: Rule) -> JSONDict:
    return {"place": str(rule), "approvals": rule.approvals}
