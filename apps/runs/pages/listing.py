"""The list of runs with its filters, its rows one by one, and what came since it was shown."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import Invalid
from apps.common.pagination import page_of
from apps.runs import services
from apps.runs.models import Run
from apps.runs.pages.overview import lines
from apps.runs.pages.saved_view_forms import SaveViewForm, ViewForm
from apps.runs.pages.tabs import changeable, tabs_of
from apps.runs.searching import SPANS, filtered, named
from apps.workflows.models import Workflow

# What the rows call otherwise than by its name.
TRIGGERS = {
    Run.Trigger.MANUAL: "By hand", Run.Trigger.API: "API", Run.Trigger.STEP: "By a step",
}  # fmt: skip
STATES = ("running", "waiting", "queued", "paused", "needs_attention", "failed", "timed_out")
STATES_AT_REST = ("succeeded", "cancelled")
CHOSEN = ("workflow", "trigger", "time")  # in the filter bar
# What addresses of other pages and views hold that the filter bar has no choice for.
GIVEN = {"since": "From", "until": "Before", "parent": "Inside run"}
GONE = "gone, or not yours to see"
Choices = list[tuple[str, str]]


@require_GET
@permission_required("run.view")
def list_runs(request: AuthenticatedRequest) -> HttpResponse:
    """Show the runs, newest first; search and filters are in the address."""
    return show(request)


def show(request: AuthenticatedRequest, status: int = HTTPStatus.OK, **extra: Any) -> HttpResponse:
    """Answer with the list that the query asks for."""
    seen = policies.visible(request.user, Run.objects.all())
    wanted, problem = named(request.GET), None
    try:
        kept = filtered(seen, wanted)
        counted = filtered(seen, {**wanted, "status": ""})
    except Invalid as error:
        problem, status = error, HTTPStatus.UNPROCESSABLE_ENTITY
        kept = counted = seen.none()
    counts = dict(counted.values_list("status").annotate(n=Count("pk")).order_by())
    related = kept.select_related("workflow", "version").order_by("-created_at", "-id")
    page = page_of(request, related.defer("inputs", "outputs", "pins"))
    context = {
        "page": page,
        "lines": lines(page.object_list),
        "newest": seen.order_by("-created_at", "-id").values_list("pk", flat=True).first(),
        "counts": [(word, counts[word]) for word in (*STATES, *STATES_AT_REST) if word in counts],
        "total": sum(counts.values()),
        "states": wanted.get("status", "").split(","),
        "problem": problem,
        "may_control": policies.holds_anywhere(request.user, "run.control"),
        **_filter_bar(request, wanted),
        **_views(request, {} if problem else wanted),
        **extra,
    }
    return render(request, "runs/list.html", context, status=status)


def _filter_bar(request: AuthenticatedRequest, wanted: dict[str, str]) -> dict[str, Any]:
    workflows, is_gone = _workflow_choices(request, wanted.get("workflow", ""))
    triggers = [
        (value, TRIGGERS.get(Run.Trigger(value), label)) for value, label in Run.Trigger.choices
    ]
    several = wanted.get("trigger", "")
    if several and several not in dict(triggers):
        triggers.append((several, several.replace(",", ", ")))
    given = [(name, label, wanted[name]) for name, label in GIVEN.items() if name in wanted]
    return {
        "filters": wanted,
        "applied": [name for name in (*CHOSEN, *GIVEN) if name in wanted],
        "is_filtered": bool(wanted),
        "workflows": workflows,
        "workflow_is_gone": is_gone,
        "triggers": triggers,
        "spans": [(name, words) for name, (words, _) in SPANS.items()],
        "given": given,
    }


def _workflow_choices(request: AuthenticatedRequest, wanted: str) -> tuple[Choices, bool]:
    """Return what the filter offers, with the one that is asked for; and whether that one is gone."""
    seen = policies.visible(request.user, Workflow.objects.all()).order_by("name")
    rows = seen.filter(deleted_at=None).values_list("pk", "name")
    offered = [(str(pk), name) for pk, name in rows]
    if not wanted or wanted in dict(offered):
        return offered, False
    try:
        binned = seen.filter(pk=UUID(wanted)).values_list("name", flat=True).first()
    except ValueError:  # the list says what is wrong with it
        return offered, False
    return [*offered, (wanted, f"{binned} (in the bin)" if binned else GONE)], binned is None


def _views(request: AuthenticatedRequest, wanted: dict[str, str]) -> dict[str, Any]:
    tabs = tabs_of(request.user, wanted)
    mine = changeable(tabs, request.user)
    current = next((tab.view for tab in tabs if tab.is_current), None)
    shown = current if current in mine else None
    kept = {"name": shown.name, "is_shared": shown.is_shared} if shown else {}
    return {
        "tabs": tabs,
        "is_everything": not named(request.GET),
        "may_save": bool(wanted) and current is None,
        "view": shown,
        "save_form": SaveViewForm(views=mine),
        "view_form": ViewForm(initial=kept),
    }


@require_GET
@permission_required("run.view")
def newer(request: AuthenticatedRequest) -> HttpResponse:
    """Say how many runs were started since the list was shown; nothing in it jumps."""
    seen = policies.visible(request.user, Run.objects.all())
    try:
        since = UUID(request.GET.get("than", ""))
        kept = filtered(seen, named(request.GET))
    except (ValueError, Invalid):
        return HttpResponse(status=HTTPStatus.UNPROCESSABLE_ENTITY)
    count = kept.filter(pk__gt=since).count()
    return render(request, "runs/_newer.html", {"count": count, "newest": since})


@require_GET
@permission_required("run.view")
def row(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Show one run of the list as it is now."""
    run = services.find_run(run_id, actor=request.user)
    may_control = policies.holds_anywhere(request.user, "run.control")
    context = {"line": lines([run])[0], "may_control": may_control}
    return render(request, "runs/_row.html", context)
