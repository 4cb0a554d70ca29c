"""Pages of approvals: the inbox, one question, and the answer to it."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.models import User
from apps.common.errors import Conflict, Invalid
from apps.common.forms import blame
from apps.common.navigation import bounded
from apps.common.pagination import page_of
from apps.common.types import JSONDict
from apps.runs import services
from apps.runs.approvals import question
from apps.runs.approvals.voting import needs_reason
from apps.runs.filters import approvals_in
from apps.runs.models import Wait, WaitQuerySet
from apps.runs.pages.forms import DecisionForm
from apps.runs.services.revealing import may_reveal

PAGE_SIZE = 30


@require_GET
@permission_required("approval.view")
def approvals(request: AuthenticatedRequest) -> HttpResponse:
    """Show the questions; on wide screens beside the first of them."""
    return _inbox(request)


@require_GET
@permission_required("approval.view")
def approval(request: AuthenticatedRequest, wait_id: UUID) -> HttpResponse:
    """Show one question and what there is to know for the answer."""
    return _inbox(request, opened=policies.find(request.user, _approvals(), pk=wait_id))


@require_POST
@permission_required("approval.decide")
def decide(request: AuthenticatedRequest, wait_id: UUID) -> HttpResponse:
    """Give an answer; the first one counts."""
    wait = policies.find(request.user, _approvals(), pk=wait_id)
    form = DecisionForm(request.POST, wait=wait)
    if not form.is_valid():
        return _inbox(request, HTTPStatus.UNPROCESSABLE_ENTITY, opened=wait, form=form)
    try:
        wait = services.decide(wait, actor=request.user, **form.answer)
    except Invalid as error:
        blame(form, error)
        return _inbox(request, error.status, opened=wait, form=form)
    except Conflict as error:
        wait = policies.find(request.user, _approvals(), pk=wait_id)
        return _inbox(request, error.status, opened=wait, form=form, refused=error.detail)
    label = dict(form.fields["decision"].choices)[form.cleaned_data["decision"]]  # type: ignore[attr-defined]
    done = wait.status == Wait.Status.DECIDED
    said = f"Decided: {label}." if done else f"Your answer “{label}” is counted, others are asked."
    messages.success(request, f"{said} “{wait.headline}”")
    return redirect("runs:approvals")


def _approvals() -> WaitQuerySet:
    related = Wait.objects.approvals().select_related(
        "run__workflow__folder", "run__version", "run__started_by", "decided_by"
    )
    return related.order_by("-created_at", "-id")


def _inbox(
    request: AuthenticatedRequest,
    status: int = HTTPStatus.OK,
    *,
    opened: Wait | None = None,
    form: DecisionForm | None = None,
    **extra: Any,
) -> HttpResponse:
    seen = policies.visible(request.user, _approvals())
    tabs = _tabs(seen, request.user)
    tab = request.GET.get("status", "mine")
    tab = tab if tab in tabs else "mine"
    kept = tabs[tab]
    words = request.GET.get("q", "").strip()
    if words:
        kept = kept.filter(Q(title__icontains=words) | Q(run__workflow__name__icontains=words))
    page = page_of(request, kept, PAGE_SIZE)
    shown = opened or next(iter(page.object_list), None)
    context = {
        "page": page,
        "tab": tab,
        "words": words,
        "counts": {name: bounded(rows) for name, rows in tabs.items()},
        "is_opened": opened is not None,
        "wait": shown,
        **(_question(request, shown, form) if shown else {}),
        **extra,
    }
    return render(request, "runs/approvals.html", context, status=status)


def _tabs(seen: WaitQuerySet, user: User) -> dict[str, WaitQuerySet]:
    """Return what each tab holds; what is open in the order of when it is due."""
    by_due = (F("expires_at").asc(nulls_last=True), "-created_at", "-id")
    return {
        "mine": seen.awaiting(user).order_by(*by_due),
        "others": seen.awaiting_others(user).order_by(*by_due),
        "decided": approvals_in(seen, "decided"),
    }


def _question(request: AuthenticatedRequest, wait: Wait, form: DecisionForm | None) -> JSONDict:
    is_assigned = wait.is_assigned_to(request.user)
    may = policies.allows(request.user, "decide", wait)
    is_open = wait.status == Wait.Status.OPEN
    labels = {action["id"]: action["label"] for action in wait.actions}
    own = wait.votes.filter(round=wait.round, voter=request.user).first()
    return {
        "form": form or DecisionForm(wait=wait),
        "may_decide": is_open and may and is_assigned and own is None,
        "is_for_others": is_open and may and not is_assigned,
        "own_vote": own if is_open else None,
        "needs_reason": [each["label"] for each in wait.actions if needs_reason(wait, each)],
        "deciders": question.deciders(wait, request.user),
        "rule": question.rule(wait),
        "stages": question.stages(wait),
        "otherwise": list(question.otherwise(wait)) if is_open else [],
        "next_steps": _next_steps(wait),
        "labels": labels,
        "may_reveal": wait.run.veil_id is not None and may_reveal(wait.run, request.user),
        "own_vote_label": labels.get(own.decision) if own else "",
    }


def _next_steps(wait: Wait) -> list[tuple[str, list[str]]]:
    """Return, for each answer and for none in time, the steps that then follow."""
    definition = wait.run.version.definition
    titles = {node["id"]: node.get("title") or node["id"] for node in definition["nodes"]}
    answers = [(action["id"], action["label"]) for action in wait.actions]
    if wait.expires_at:
        answers.append(("expired", "No answer in time"))
    return [
        (
            label,
            [
                titles[edge["target"]]
                for edge in definition["edges"]
                if edge["source"] == wait.node
                and edge.get("source_port", "out") == port
                and edge["target"] in titles
            ],
        )
        for port, label in answers
    ]
