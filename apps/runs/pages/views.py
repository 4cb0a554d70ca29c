"""The page of one run: what happened over time, and what may be done about it."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.types import JSONDict
from apps.gateway.budgets import standing
from apps.gateway.budgets.subjects import Payer
from apps.runs import services
from apps.runs.interpreter import attention
from apps.runs.models import NodeRun, Run, RunEvent
from apps.runs.pages import kinship
from apps.runs.pages.amounts import MEASURES, TIME, by_amount
from apps.runs.pages.history import is_recovery, moments, told_recovery
from apps.runs.pages.overview import duration, known_input, part_words
from apps.runs.pages.rounds import unfold
from apps.runs.pages.scrubber import TOLD, scrubber_of
from apps.runs.pages.waterfall import APPROVAL, attempts_of, draw
from apps.runs.services.moving import STANDING
from apps.runs.services.revealing import may_be_erased, may_erase, may_reveal
from apps.workflows.definition import parse
from apps.workflows.graph import live_edges, topological

MOST_ROWS = 500  # of a waterfall
MOST_INNER = 20  # runs inside the opened step
MOST_REPEATS = 20  # of a run, that its page links to
TABS = ("result", "tries", "log")


@require_GET
@permission_required("run.view")
def detail(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Show a run over time, and one of its steps in full."""
    run = services.find_run(run_id, actor=request.user)
    return render(request, "runs/detail.html", story(request, run))


def story(request: AuthenticatedRequest, run: Run) -> JSONDict:
    """Return what the page of a run shows."""
    now = timezone.now()
    unfolded = unfold(run, _steps_in_order(run), request.GET.get("frame", ""))
    steps, frames = unfolded.steps, unfolded.frames
    node_runs = _node_runs(run, frames)
    opened = _opened(request.GET.get("node", ""), run, steps, node_runs)
    events = _events(run, frames, [*(step["id"] for step in steps[:MOST_ROWS]), opened])
    start, end = run.started_at or run.created_at, run.finished_at or now
    drawn = draw(steps[:MOST_ROWS], node_runs, events, start=start, end=end, opened=opened)
    titles = {each.node: each.title for each in drawn.rows}
    asked = request.GET.get("bars", TIME)
    measure = asked if asked in MEASURES else TIME
    return {
        "run": run,
        "waterfall": drawn if measure == TIME else by_amount(drawn, measure),
        "scrubber": scrubber_of(run, drawn, events, start) if measure == TIME else None,
        "measure": measure,
        "measures": MEASURES,
        "panel": next((each for each in drawn.rows if each.node == opened), None),
        "tries": attempts_of(events).get(opened, []),
        "seconds": duration(run, now),
        "left_out": max(0, len(steps) - MOST_ROWS),
        "step_count": len(steps),
        "finished_steps": sum(
            each.status == "succeeded" and not each.frame for each in node_runs.values()
        ),
        "recoveries": [told_recovery(event, titles) for event in events if is_recovery(event)],
        "part": part_words(run, titles),
        "known": known_input(run, steps, opened),
        "budget": standing.foremost_for(_payer(run), request.user) if run.tokens else None,
        **_shown(request, run, opened, titles),
        **_opened_step(request, run, opened, frames.get(opened)),
        **_rights(request, run),
    }


def _payer(run: Run) -> Payer:
    return Payer(run.workflow_id, run.started_by_id, run.key_id)


def _node_runs(run: Run, frames: dict[str, str | None]) -> dict[str, NodeRun]:
    rows = run.nodes.filter(frame__in=_named(frames)).defer("input", "logs")
    asking = Q(type=APPROVAL)  # their outputs are small, and beside their bars
    found = [*rows.exclude(asking).defer("input", "output", "logs"), *rows.filter(asking)]
    return {each.node: each for each in found if frames.get(each.node) == each.frame}


def _events(run: Run, frames: dict[str, str | None], nodes: Sequence[str]) -> list[RunEvent]:
    """Return what is told of these steps, in the rounds that are shown, and of the run itself."""
    found = run.events.filter(type__in=TOLD, frame__in=_named(frames), node__in=["", *nodes])
    return [each for each in found if not each.node or frames.get(each.node) == each.frame]


def _named(frames: dict[str, str | None]) -> set[str]:
    return {"", *(frame for frame in frames.values() if frame is not None)}


def _opened_step(
    request: AuthenticatedRequest, run: Run, opened: str, frame: str | None
) -> JSONDict:
    """Return what the page shows of the opened step, and the runs inside and around it."""
    rows = run.nodes.filter(frame=frame, node=opened) if frame is not None else run.nodes.none()
    inner = kinship.inner_runs(run, opened, frame, actor=request.user)
    return {
        "step": rows.select_related("input_blob", "output_blob").first(),
        "inner_runs": inner[:MOST_INNER],
        "inner_left_out": max(0, inner.count() - MOST_INNER),
        "outer_run": kinship.outer_run(run, actor=request.user),
    }


def _shown(
    request: AuthenticatedRequest, run: Run, opened: str, titles: dict[str, str]
) -> JSONDict:
    """Return what the page shows of the opened step, and beside the steps."""
    view = "history" if request.GET.get("view") == "history" else "steps"
    return {
        "opened": opened,
        "tab": request.GET.get("tab") if request.GET.get("tab") in TABS else TABS[0],
        "shown_as": {name: request.GET.get(name, "") for name in ("input", "output")},
        "waits": run.waits.approvals().open()[:MOST_REPEATS],
        "view": view,
        "moments": moments(run, titles) if view == "history" else [],
        "repeats": run.retries.order_by("created_at")[:MOST_REPEATS],
        "choices": attention.choices_of(run),
        "alike": _failed_alike(run),
        "rerun_form": None,
        "settlement_form": None,
    }


def _rights(request: AuthenticatedRequest, run: Run) -> JSONDict:
    control = policies.allows(request.user, "control", run)
    return {
        "may_cancel": control and not run.is_finished,
        "may_pause": control and run.status in {"queued", "running", "waiting"},
        "may_resume": control and run.status == Run.Status.PAUSED,
        "may_retry": control and run.status in {"failed", "timed_out", "cancelled"},
        "may_repeat": control
        and (run.is_finished or run.status == Run.Status.NEEDS_ATTENTION)
        and policies.allows(request.user, "run", run.workflow),
        "may_settle": control and bool(attention.choices_of(run)),
        "newer_version": control and run.status in STANDING and _newer_version(run),
        "may_run": policies.allows(request.user, "run", run.workflow),
        "may_reveal": run.veil_id is not None and may_reveal(run, request.user),
        "may_erase": may_be_erased(run) and may_erase(run, request.user),
    }


def _newer_version(run: Run) -> int | None:
    """Return the number of a version that the run could be moved to."""
    newest = run.workflow.versions.exclude(number=None).order_by("-number").first()
    return newest.number if newest and newest.number != run.version.number else None


def _steps_in_order(run: Run) -> list[JSONDict]:
    definition = parse(run.version.definition)
    order, on_cycles = topological([node.id for node in definition.nodes], live_edges(definition))
    by_id: dict[str, JSONDict] = {node["id"]: node for node in run.version.definition["nodes"]}
    gone = run.nodes.filter(frame="").exclude(node__in=by_id).values("node", "title", "type")
    return [
        *(by_id[each] for each in (*order, *on_cycles)),
        *({"id": each["node"], **each} for each in gone),
    ]


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
