"""The page of retention: rules, legal holds, and what was deleted when."""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.audit.models import Check
from apps.common.errors import Conflict, Forbidden
from apps.common.pagination import page_of
from apps.common.types import JSONDict
from apps.retention import services
from apps.retention.classes import RULED, find
from apps.retention.forms import HoldForm, RulesForm
from apps.retention.models import LegalHold, RetentionJob
from apps.workflows.models import Workflow


@require_GET
@permission_required("retention.view")
def overview(request: AuthenticatedRequest) -> HttpResponse:
    """Show how long what is kept, what is held, and the deletions."""
    return _overview(request)


def _overview(
    request: AuthenticatedRequest, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    everything = policies.visible(request.user, RetentionJob.objects.select_related("started_by"))
    filters = {name: request.GET.get(name, "") for name in ("trigger", "result")}
    kept = everything.filter(trigger=filters["trigger"]) if filters["trigger"] else everything
    if filters["result"] == "deleted":
        kept = kept.exclude(digest="")
    holds = policies.visible(request.user, LegalHold.objects.active())
    days = services.rules()
    context = {
        "form": RulesForm(initial=days),
        "hold_form": HoldForm(workflows=_workflows(request)),
        "rules": [(RULED[name].kind, days[name]) for name in RULED],
        "holds": holds.select_related("placed_by"),
        "whole_hold": any(hold.workflow_id is None for hold in holds),
        "released_count": LegalHold.objects.exclude(released_at=None).count(),
        "jobs": page_of(request, kept),
        "running": everything.unfinished().first(),
        "check": Check.objects.first(),
        "last": everything.filter(status=RetentionJob.Status.DONE).first(),
        "filters": filters,
        "applied": sum(1 for value in filters.values() if value),
        "trigger_choices": [("schedule", "each day"), ("manual", "by hand")],
        "result_choices": [("deleted", "something")],
        "may_manage": policies.holds(request.user, "retention.manage"),
        "may_release": policies.holds(request.user, "workspace.manage"),
        **extra,
    }
    return render(request, "retention/overview.html", context, status=status)


def _workflows(request: AuthenticatedRequest) -> Any:
    return policies.visible(request.user, Workflow.objects.order_by("name"))


@require_POST
@permission_required("retention.manage")
def change_rules(request: AuthenticatedRequest) -> HttpResponse:
    """Keep classes longer or shorter."""
    form = RulesForm(request.POST)
    if not form.is_valid():
        return _overview(request, HTTPStatus.UNPROCESSABLE_ENTITY, form=form)
    services.change_rules(form.cleaned_data, actor=request.user)
    messages.success(request, "Saved. What is over its time goes with the next deletion.")
    return redirect("retention:overview")


@require_POST
@permission_required("retention.manage")
def place_hold(request: AuthenticatedRequest) -> HttpResponse:
    """Place a legal hold."""
    form = HoldForm(request.POST, workflows=_workflows(request))
    if form.is_valid():
        try:
            hold = services.place_hold(actor=request.user, **form.cleaned_data)
            messages.success(request, f"Held: {hold}. Nothing of it is deleted from now on.")
            return redirect("retention:overview")
        except Conflict as error:
            form.add_error("workflow", error.detail)
    return _overview(request, HTTPStatus.UNPROCESSABLE_ENTITY, hold_form=form)


@require_POST
@permission_required("retention.manage")
def release_hold(request: AuthenticatedRequest, hold_id: UUID) -> HttpResponse:
    """End a legal hold."""
    hold = policies.find(request.user, LegalHold.objects.all(), pk=hold_id)
    if not policies.holds(request.user, "workspace.manage"):
        raise Forbidden
    try:
        services.release_hold(hold, actor=request.user)
        messages.success(request, f"Released: {hold}. The rules count for it again.")
    except Conflict as error:
        messages.error(request, error.detail)
    return redirect("retention:overview")


@require_POST
@permission_required("retention.manage")
def start_job(request: AuthenticatedRequest) -> HttpResponse:
    """Delete now what is over its time."""
    try:
        job = services.start_job(actor=request.user)
    except Conflict as error:
        messages.error(request, error.detail)
        return redirect("retention:overview")
    return redirect("retention:job", job.pk)


@require_GET
@permission_required("retention.view")
def job(request: AuthenticatedRequest, job_id: UUID) -> HttpResponse:
    """Show a deletion: how far it is, what it deleted, and its proof."""
    jobs = RetentionJob.objects.select_related("started_by")
    found = policies.find(request.user, jobs, pk=job_id)
    return render(request, "retention/job.html", {"job": found, "parts": _parts(found)})


def _parts(found: RetentionJob) -> list[JSONDict]:
    """Return the parts of the plan, each with its state."""
    here = "running" if found.started_at else "queued"
    return [
        {
            "label": find(part["name"]).kind.label,
            "before": datetime.fromisoformat(part["before"]),
            "count": found.counts.get(part["name"], 0),
            "state": "succeeded"
            if place < found.stage
            else here
            if place == found.stage
            else "queued",
        }
        for place, part in enumerate(found.plan)
    ]
