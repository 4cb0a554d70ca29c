"""Pages of reviews: the list, one review with what changed, and the rules."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.models import User
from apps.comments import services as comments
from apps.comments.models import Thread
from apps.comments.people import named_in
from apps.comments.services import Anchor
from apps.common.errors import Conflict, Forbidden, Invalid, NotFound
from apps.common.navigation import bounded
from apps.common.pagination import page_of
from apps.common.types import JSONDict
from apps.reviews import news, services
from apps.reviews.discussion import steps_of, threads_of
from apps.reviews.filters import filtered
from apps.reviews.forms import ApprovalsForm, CommentForm, OpinionForm, ReplyForm, RuleForm
from apps.reviews.models import Review, Rule
from apps.workflows.diff import diff

EMPTY: JSONDict = {"nodes": [], "edges": [], "settings": {}}
MOST_THREADS = 20
NOBODY = UUID(int=0)
RELATED = ("workflow__folder", "requested_by", "version", "base")


@require_GET
@permission_required("review.view")
def list_(request: AuthenticatedRequest) -> HttpResponse:
    """Show the reviews; which ones is in the address."""
    state = request.GET.get("state") or "mine"
    seen = policies.visible(request.user, Review.objects.select_related(*RELATED))
    kept = filtered(seen, {**request.GET.dict(), "state": state}, request.user)
    states = ("mine", "open", "closed")
    context = {
        "page": page_of(request, kept.order_by("-created_at")),
        "state": state,
        "words": request.GET.get("q", "").strip(),
        "counts": {each: bounded(filtered(seen, {"state": each}, request.user)) for each in states},
        "has_rules": Rule.objects.exists(),
        "may_manage": policies.holds(request.user, "review_rule.manage"),
    }
    return render(request, "reviews/list.html", context)


@require_GET
@permission_required("review.view")
def detail(request: AuthenticatedRequest, review_id: UUID) -> HttpResponse:
    """Show one review: what changed, what people said, and the form for one's own opinion."""
    return _detail(request, services.find_review(review_id, actor=request.user))


@require_POST
@permission_required("review.decide")
def answer(request: AuthenticatedRequest, review_id: UUID) -> HttpResponse:
    """Approve or refuse."""
    review = services.find_review(review_id, actor=request.user)
    form = OpinionForm(request.POST)
    if not form.is_valid():
        return _detail(request, review, HTTPStatus.UNPROCESSABLE_ENTITY, form=form)
    try:
        services.give_opinion(review, actor=request.user, **form.opinion)
    except Invalid as error:
        form.add_error("comment", error.detail)
        return _detail(request, review, error.status, form=form)
    except (Conflict, Forbidden) as error:
        review = services.find_review(review_id, actor=request.user)
        return _detail(request, review, error.status, form=form, refused=error.detail)
    said = "approved" if form.opinion["approves"] else "refused"
    messages.success(request, f"You have {said} “{review.workflow}”.")
    return redirect("reviews:detail", review.pk)


@require_POST
@permission_required("workflow.edit")
def withdraw(request: AuthenticatedRequest, review_id: UUID) -> HttpResponse:
    """End a review without an answer."""
    review = services.find_review(review_id, actor=request.user)
    try:
        services.withdraw_review(review, actor=request.user)
        messages.success(request, "Withdrawn. Nobody is asked any more.")
    except Conflict as error:
        messages.error(request, error.detail)
    return redirect("reviews:detail", review.pk)


@require_POST
@permission_required("workflow.comment")
def comment(request: AuthenticatedRequest, review_id: UUID) -> HttpResponse:
    """Begin a thread at a step that changes."""
    review = services.find_review(review_id, actor=request.user)
    form = CommentForm(request.POST, steps=steps_of(review, _changes(review)))
    if form.is_valid():
        text, anchor = form.cleaned_data["text"], Anchor(form.cleaned_data["node"])
        try:
            thread = comments.begin_thread(
                review.workflow, actor=request.user, anchor=anchor, text=text,
                mentions=_named(text, review),
            )  # fmt: skip
            return _back(review, thread)
        except (Conflict, Forbidden, Invalid) as error:
            form.add_error("text", error.detail)
    return _detail(request, review, HTTPStatus.UNPROCESSABLE_ENTITY, comment_form=form)


@require_POST
@permission_required("workflow.comment")
def reply(request: AuthenticatedRequest, review_id: UUID, thread_id: UUID) -> HttpResponse:
    """Go on with a thread."""
    review, thread = _thread_of(request, review_id, thread_id)
    form = ReplyForm(request.POST)
    if form.is_valid():
        text = form.cleaned_data["text"]
        try:
            comments.reply(thread, actor=request.user, text=text, mentions=_named(text, review))
            return _back(review, thread)
        except (Conflict, Forbidden, Invalid) as error:
            form.add_error("text", error.detail)
    rejected = {"reply_form": form, "replied": thread.pk}
    return _detail(request, review, HTTPStatus.UNPROCESSABLE_ENTITY, **rejected)


@require_POST
@permission_required("workflow.comment")
def resolve(request: AuthenticatedRequest, review_id: UUID, thread_id: UUID) -> HttpResponse:
    """Be done with a thread, or take it up again."""
    review, thread = _thread_of(request, review_id, thread_id)
    service = comments.reopen_thread if thread.resolved_at else comments.resolve_thread
    try:
        service(thread, actor=request.user)
    except (Conflict, Forbidden) as error:
        messages.error(request, error.detail)
    return _back(review, thread)


def _thread_of(
    request: AuthenticatedRequest, review_id: UUID, thread_id: UUID
) -> tuple[Review, Thread]:
    review = services.find_review(review_id, actor=request.user)
    thread = comments.find_thread(thread_id, actor=request.user)
    if thread.workflow_id != review.workflow_id:
        raise NotFound
    return review, thread


def _named(text: str, review: Review) -> list[UUID]:
    return [user.pk for user in named_in(text, review.workflow)]


def _back(review: Review, thread: Thread) -> HttpResponse:
    return redirect(f"{reverse('reviews:detail', args=[review.pk])}#thread-{thread.pk}")


def _changes(review: Review) -> JSONDict:
    return diff(review.base.definition if review.base else EMPTY, review.version.definition)


def _detail(
    request: AuthenticatedRequest, review: Review, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    changes = _changes(review)
    threads = threads_of(review, changes, request.user)
    steps = steps_of(review, changes)
    shares = services.contributions_of(review)
    people = User.objects.in_bulk([share.author for share in shares if share.author])
    opinions = list(review.opinions.select_related("reviewer"))
    context = {
        "review": review,
        "threads": page_of(request, threads, MOST_THREADS),
        "shares": [(people.get(share.author or NOBODY), share) for share in shares],
        "steps": steps,
        "may_comment": policies.allows(request.user, "comment", review.workflow),
        "comment_form": CommentForm(steps=steps),
        "reply_form": ReplyForm(),
        "opinions": opinions,
        "approvals": sum(1 for each in opinions if each.approves),
        "authors": review.authors.all(),
        "reviewers": news.reviewers_of(review) if review.is_open else [],
        "is_stale": review.version.sha256 != review.workflow.draft_sha256,
        "may_answer": services.may_answer(review, request.user),
        "may_withdraw": review.is_open and policies.allows(request.user, "edit", review.workflow),
        "form": OpinionForm(),
        **extra,
    }
    return render(request, "reviews/detail.html", context, status=status)


@require_GET
@permission_required("review.view")
def rules(request: AuthenticatedRequest) -> HttpResponse:
    """Show where publishing needs a review."""
    return _rules(request)


@require_POST
@permission_required("review_rule.manage")
def add_rule(request: AuthenticatedRequest) -> HttpResponse:
    """Have publishing need approvals in a place."""
    form = RuleForm(request.POST, actor=request.user)
    if form.is_valid():
        try:
            rule = services.set_rule(actor=request.user, **form.cleaned_data)
            messages.success(request, f"{rule}: publishing needs a review from now on.")
            return redirect("reviews:rules")
        except Invalid as error:
            form.add_error("folder", error.detail)
    return _rules(request, HTTPStatus.UNPROCESSABLE_ENTITY, form=form)


@require_POST
@permission_required("review_rule.manage")
def change_rule(request: AuthenticatedRequest, rule_id: UUID) -> HttpResponse:
    """Need more or fewer approvals."""
    rule = policies.find(request.user, Rule.objects.all(), pk=rule_id)
    form = ApprovalsForm(request.POST)
    if not form.is_valid():
        raise Invalid.at("approvals", "Choose a number from the list.")
    services.change_rule(rule, actor=request.user, **form.cleaned_data)
    messages.success(request, f"{rule}: saved.")
    return redirect("reviews:rules")


@require_POST
@permission_required("review_rule.manage")
def remove_rule(request: AuthenticatedRequest, rule_id: UUID) -> HttpResponse:
    """Let a place publish without a review of its own."""
    rule = policies.find(request.user, Rule.objects.all(), pk=rule_id)
    services.remove_rule(rule, actor=request.user)
    messages.success(request, f"{rule}: the rule is gone.")
    return redirect("reviews:rules")


def _rules(
    request: AuthenticatedRequest, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    context = {
        "rules": policies.visible(request.user, Rule.objects.select_related("folder")).order_by(
            "folder__name"
        ),
        "numbers": [number for number, _ in ApprovalsForm().fields["approvals"].choices],  # type: ignore[attr-defined]
        "may_manage": policies.holds(request.user, "review_rule.manage"),
        "form": RuleForm(actor=request.user),
        **extra,
    }
    return render(request, "reviews/rules.html", context, status=status)
