"""Pages of runs: the list, one run over time, and what may be done about it."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import CharField, Count, Q, QuerySet
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import DomainError, Invalid
from apps.common.pagination import page_of
from apps.common.types import JSONDict
from apps.runs import services
from apps.runs.filters import filtered
from apps.runs.models import NodeRun, Run
from apps.runs.overview import duration, lines
from apps.runs.waterfall import DRAWN, attempts_of, draw
from apps.workflows.definition import parse
from apps.workflows.graph import live_edges, topological
from apps.workflows.models import Workflow

MOST_ROWS = 500  # of a waterfall
SPANS = {
    "hour": ("last hour", timedelta(hours=1)),
    "day": ("last 24 h", timedelta(days=1)),
    "week": ("last 7 days", timedelta(days=7)),
    "month": ("last 30 days", timedelta(days=30)),
}
TABS = ("result", "tries", "log")
STATES = ("running", "waiting", "queued", "paused", "needs_attention", "failed", "timed_out")
STATES_AT_REST = ("succeeded", "cancelled")


@require_GET
@permission_required("run.view")
def list_runs(request: AuthenticatedRequest) -> HttpResponse:
    """Show the runs, newest first; search and filters are in the address."""
    seen = policies.visible(request.user, Run.objects.all())
    problem, status = None, HTTPStatus.OK
    try:
        kept = _filtered(seen, request)
        counted = _filtered(seen, request, without="status")
    except Invalid as error:
        problem, status = error, HTTPStatus.UNPROCESSABLE_ENTITY
        kept = counted = seen.none()
    counts = dict(counted.values_list("status").annotate(n=Count("pk")).order_by())
    related = kept.select_related("workflow", "version").order_by("-created_at", "-id")
    page = page_of(request, related.defer("inputs", "outputs"))
    context = {
        "page": page,
        "lines": lines(page.object_list),
        "newest": seen.order_by("-created_at", "-id").values_list("pk", flat=True).first(),
        "counts": [(word, counts[word]) for word in (*STATES, *STATES_AT_REST) if word in counts],
        "total": sum(counts.values()),
        "filters": request.GET,
        "applied": [name for name in ("workflow", "trigger", "time") if request.GET.get(name)],
        "is_filtered": any(request.GET.get(name) for name in _FILTERS),
        "workflows": _workflow_choices(request),
        "triggers": [(value, label) for value, label in Run.Trigger.choices],
        "spans": [(name, words) for name, (words, _) in SPANS.items()],
        "problem": problem,
    }
    return render(request, "runs/list.html", context, status=status)


_FILTERS = ("q", "status", "workflow", "trigger", "time", "since", "until")


def _filtered(
    seen: QuerySet[Run], request: AuthenticatedRequest, without: str = ""
) -> QuerySet[Run]:
    params = {name: request.GET.get(name, "") for name in _FILTERS if name != without}
    if span := SPANS.get(params["time"]):
        params["since"] = (timezone.now() - span[1]).isoformat()
    kept = filtered(seen, params)
    words = params["q"].strip()
    if not words:
        return kept
    return kept.annotate(text_id=Cast("pk", CharField())).filter(
        Q(workflow__name__icontains=words) | Q(text_id__icontains=words)
    )


def _workflow_choices(request: AuthenticatedRequest) -> list[tuple[str, str]]:
    current = policies.visible(request.user, Workflow.objects.filter(deleted_at=None))
    return [(str(pk), name) for pk, name in current.order_by("name").values_list("pk", "name")]


@require_GET
@permission_required("run.view")
def newer(request: AuthenticatedRequest) -> HttpResponse:
    """Say how many runs were started since the list was shown; nothing in it jumps."""
    seen = policies.visible(request.user, Run.objects.all())
    try:
        since = UUID(request.GET.get("than", ""))
        kept = _filtered(seen, request)
    except (ValueError, Invalid):
        return HttpResponse(status=HTTPStatus.UNPROCESSABLE_ENTITY)
    count = kept.filter(pk__gt=since).count()
    return render(request, "runs/_newer.html", {"count": count, "newest": since})


@require_GET
@permission_required("run.view")
def row(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Show one run of the list as it is now."""
    run = services.find_run(run_id, actor=request.user)
    return render(request, "runs/_row.html", {"line": lines([run])[0]})


@require_GET
@permission_required("run.view")
def detail(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Show a run over time, and one of its steps in full."""
    run = services.find_run(run_id, actor=request.user)
    return render(request, "runs/detail.html", _story(request, run))


def _story(request: AuthenticatedRequest, run: Run) -> JSONDict:
    now = timezone.now()
    rows = run.nodes.filter(frame="")
    node_runs = {each.node: each for each in rows.defer("input", "output", "logs")}
    events = list(run.events.filter(type__in=DRAWN, frame=""))
    steps = _steps_in_order(run)
    opened = _opened(request.GET.get("node", ""), run, steps, node_runs)
    drawn = draw(
        steps[:MOST_ROWS],
        node_runs,
        events,
        start=run.started_at or run.created_at,
        end=run.finished_at or now,
        opened=opened,
    )
    panel = next((each for each in drawn.rows if each.node == opened), None)
    return {
        "run": run,
        "waterfall": drawn,
        "opened": opened,
        "panel": panel,
        "step": rows.filter(node=opened).first(),
        "tries": attempts_of(events).get(opened, []),
        "tab": request.GET.get("tab") if request.GET.get("tab") in TABS else TABS[0],
        "shown_as": {name: request.GET.get(name, "") for name in ("input", "output")},
        "seconds": duration(run, now),
        "left_out": max(0, len(steps) - MOST_ROWS),
        "step_count": len(steps),
        "finished_steps": sum(each.status == "succeeded" for each in node_runs.values()),
        "waits": run.waits.approvals().open(),
        "alike": _failed_alike(run),
        **_rights(request, run),
    }


def _rights(request: AuthenticatedRequest, run: Run) -> JSONDict:
    control = policies.allows(request.user, "control", run)
    return {
        "may_cancel": control and not run.is_finished,
        "may_pause": control and run.status in {"queued", "running", "waiting"},
        "may_resume": control and run.status == Run.Status.PAUSED,
        "may_retry": control and run.status in {"failed", "timed_out", "cancelled"},
        "may_run": policies.allows(request.user, "run", run.workflow),
    }


def _steps_in_order(run: Run) -> list[JSONDict]:
    definition = parse(run.version.definition)
    order, on_cycles = topological([node.id for node in definition.nodes], live_edges(definition))
    by_id: dict[str, JSONDict] = {node["id"]: node for node in run.version.definition["nodes"]}
    return [by_id[each] for each in (*order, *on_cycles)]


def _opened(wanted: str, run: Run, steps: list[JSONDict], node_runs: dict[str, NodeRun]) -> str:
    """Return the step to show: the one asked for, else the one that matters most now."""
    ids: list[str] = [step["id"] for step in steps]
    if wanted in ids:
        return wanted
    failed = (run.error or {}).get("node")
    if failed in ids:
        return str(failed)
    for status in ("failed", "waiting", "retrying", "running"):
        for each in ids:
            if each in node_runs and node_runs[each].status == status:
                return each
    reached = [each for each in ids if each in node_runs and node_runs[each].status == "succeeded"]
    return reached[-1] if reached else next(iter(ids), "")


def _failed_alike(run: Run) -> int:
    """Return how many runs of the workflow the same error has stopped in a day."""
    if not run.error or run.status != Run.Status.FAILED:
        return 0
    day = timezone.now() - timedelta(days=1)
    return Run.objects.filter(
        workflow=run.workflow, status=run.status, created_at__gte=day,
        error__code=run.error.get("code"), error__node=run.error.get("node"),
    ).count()  # fmt: skip


@require_POST
@permission_required("run.control")
def cancel(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Stop a run."""
    return _steered(request, run_id, services.cancel_run, "The run is being cancelled.")


@require_POST
@permission_required("run.control")
def pause(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Hold a run."""
    return _steered(request, run_id, services.pause_run, "The run pauses after the current steps.")


@require_POST
@permission_required("run.control")
def resume(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Let a run go on."""
    return _steered(request, run_id, services.resume_run, "The run goes on.")


@require_POST
@permission_required("run.control")
def retry(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Start a new run at the failed step, or at the one named, and show it."""
    from_node = request.POST.get("from_node") or None

    def again(run: Run, *, actor: Any) -> Run:
        return services.retry_run(run, actor=actor, from_node=from_node)

    return _steered(request, run_id, again, "A new run goes on where the last one stopped.")


@require_POST
@permission_required("workflow.run")
def again(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Run the same version with the same inputs from its start, and show the new run."""

    def repeat(run: Run, *, actor: Any) -> Run:
        version = run.version.number or "draft"
        return services.start_run(run.workflow, actor=actor, inputs=run.inputs, version=version)

    return _steered(request, run_id, repeat, "A new run has started.")


def _steered(request: AuthenticatedRequest, run_id: UUID, service: Any, done: str) -> HttpResponse:
    """Do it and show the run; what the run's state does not allow is said on its page."""
    run = services.find_run(run_id, actor=request.user)
    try:
        run = service(run, actor=request.user)
        messages.success(request, done)
    except DomainError as error:
        if error.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
            raise
        messages.error(request, error.detail)
    return redirect("runs:detail", run.pk)
