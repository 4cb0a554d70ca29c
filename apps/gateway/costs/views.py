"""Pages of usage: what calls cost and will cost, and by whom and what they were made."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import Invalid
from apps.common.pagination import page_of
from apps.files.sending import as_attachment
from apps.gateway import charts, filters
from apps.gateway.budgets import book, standing
from apps.gateway.costs import breakdown, drawing, month, savings, services
from apps.gateway.costs.summing import Summed
from apps.gateway.models import LlmCall, ModelRoute, Provider

PERIODS = {"7": "7 days", "month": "This month", "90": "90 days"}
TABS = [
    ("workflow", "Workflows"), ("member", "Members"), ("key", "Keys"), ("route", "Routes"),
    ("model", "Models"),
]  # fmt: skip
FILTERS = ("route", "provider", "status", "cache", "workflow", "member", "key")
STATUSES = [("ok", "done"), ("error", "failed"), ("cancelled", "cancelled")]
WHO = ("workflow", "member", "key")  # chosen on other pages, shown once they are


@require_GET
@permission_required("usage.view")
def usage(request: AuthenticatedRequest) -> HttpResponse:
    """Show what calls to models took and cost, by day, route and provider, and will cost."""
    chosen = request.GET.get("period", "month")
    chosen = chosen if chosen in PERIODS else "month"
    since, until = filters.period({})
    if chosen != "month":
        since = filters.days_ago(int(chosen))
    seen = policies.visible(request.user, LlmCall.objects.all())
    kept = seen.between(since, until)
    sums, ahead = Summed(kept), month.of(seen, until)
    total = sums.total
    context = {
        "periods": PERIODS,
        "chosen": chosen,
        "since": since,
        "total": total,
        "each": total["cost_usd"] / total["calls"] if total["calls"] else None,
        "chart": charts.by_day(sums.by_day, since, until),
        "by_route": sums.by_route,
        "by_provider": sums.by_provider,
        "standings": standing.foremost(request.user),
        "month": ahead,
        "month_chart": drawing.of_month(ahead),
        "savings": savings.of(kept),
        "zone": book.rules().time_zone,
        "tabs": TABS,
    }
    return render(request, "gateway/costs/usage.html", context)


@require_GET
@permission_required("usage.view")
def by(request: AuthenticatedRequest, by: str) -> HttpResponse:
    """Show usage by workflow, member, key, route or model; the filters are in the address."""
    dimension = breakdown.dimension_of(by)
    problem, status = None, HTTPStatus.OK
    found: QuerySet[Any] = LlmCall.objects.none()
    try:
        found = breakdown.sums(dimension, filters.of_page(request.GET), actor=request.user)
    except Invalid as error:
        problem, status = error, HTTPStatus.UNPROCESSABLE_ENTITY
    page: Any = page_of(request, found)
    rows = breakdown.rows(dimension, page.object_list, actor=request.user)
    page.object_list = breakdown.with_limits(dimension, rows, actor=request.user)
    given = {name: request.GET.get(name, "") for name in ("q", "time", "since", "until", *FILTERS)}
    context = {
        "by": dimension,
        "label": dict(TABS)[by],
        "is_limited": by in breakdown.PAYERS,
        "tabs": TABS,
        "page": page,
        "filters": given,
        "applied": sum(1 for name in ("time", *FILTERS) if given[name]),
        "is_filtered": any(given.values()),
        "problem": problem,
        "who": [(name, breakdown.chosen(name, given[name], actor=request.user)) for name in WHO],
        "times": filters.TIMES,
        "statuses": STATUSES,
        "caches": LlmCall.Cache.choices,
        "routes": _choices(request, ModelRoute, "alias"),
        "providers": _choices(request, Provider, "slug"),
        "asked": request.GET.urlencode(),
    }
    return render(request, "gateway/costs/by.html", context, status=status)


@require_POST
@permission_required("usage.view")
def export(request: AuthenticatedRequest, by: str) -> HttpResponse:
    """Hand out what a page of usage shows, as it is filtered, as a file."""
    dimension = breakdown.dimension_of(by)
    body = services.export_usage(dimension, filters.of_page(request.GET), actor=request.user)
    name = f"usage-by-{by}-{timezone.localdate():%Y-%m-%d}.csv"
    return as_attachment(HttpResponse(body, content_type="text/csv; charset=utf-8"), name)


def _choices(request: AuthenticatedRequest, model: Any, column: str) -> list[tuple[str, str]]:
    seen = policies.visible(request.user, model.objects.order_by(column))
    return [(value, value) for value in seen.values_list(column, flat=True)]
