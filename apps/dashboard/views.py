"""The home page, and the theme switch of the frame."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import (
    AuthenticatedRequest,
    member_required,
    permission_required,
    public_page,
)
from apps.dashboard import overview, searching
from apps.dashboard.limits import limits_for
from apps.dashboard.shell import THEMES, theme_cookie
from apps.workflows.forms import ImportForm, NewWorkflowForm
from apps.workflows.models import Workflow

YEAR_S = 365 * 24 * 3600


@require_GET
@member_required
def home(request: AuthenticatedRequest) -> HttpResponse:
    """Show what waits, what runs and what was worked on last."""
    user = request.user
    waiting_count, waiting = overview.waiting_for(user)
    live_count, live = overview.live_runs(user)
    workflow_count, workflows = overview.recent_workflows(user)
    runs = overview.recent_runs(user)
    context = {
        "waiting_count": waiting_count,
        "waiting": waiting,
        "failures": overview.failures_of(user),
        "live_count": live_count,
        "live": live,
        "runs": runs,
        "workflow_count": workflow_count,
        "workflows": workflows,
        "cost": overview.cost_of_month() if policies.holds(user, "usage.view") else None,
        "first": None if runs else _first(workflows),
        "may_edit": policies.holds_anywhere(user, "workflow.edit"),
        "new_form": NewWorkflowForm(actor=user),
        "import_form": ImportForm(),
        "hour": timezone.localtime().hour,
    }
    return render(request, "dashboard/home.html", context)


@require_GET
@permission_required("usage.view")
def limits(request: AuthenticatedRequest) -> HttpResponse:
    """Show what the workspace may take up, and takes up now."""
    return render(request, "dashboard/limits.html", {"limits": limits_for(request.user)})


@require_GET
@member_required
def search(request: AuthenticatedRequest) -> HttpResponse:
    """Show what has a text in its name: the page behind the search that every page opens."""
    text = request.GET.get("q", "")
    found = searching.search(request.user, text)
    count = sum(len(hits.rows) for hits in found)
    context = {"text": text.strip()[: searching.LONGEST], "found": found, "count": count}
    return render(request, "dashboard/search.html", context)


def _first(workflows: list[overview.RecentWorkflow]) -> Workflow | None:
    """Return the workflow to try first: one that could run as it is."""
    return next((each.workflow for each in workflows if not each.workflow.problem_count), None)


@public_page
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme on this device and go back."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        return HttpResponse(status=HTTPStatus.UNPROCESSABLE_ENTITY)
    back = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    answer = redirect(back if safe else "/")
    answer.set_cookie(
        theme_cookie(request),
        chosen,
        max_age=YEAR_S,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return answer
