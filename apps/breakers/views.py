"""The page of the services that failed lately."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.breakers import services
from apps.breakers.exceptions import NotOpen
from apps.breakers.filters import filtered
from apps.common.pagination import page_of

STATES = [("open", "open"), ("half_open", "half-open"), ("closed", "closed")]


@require_GET
@permission_required("service.view")
def list_(request: AuthenticatedRequest) -> HttpResponse:
    """Show which services failed lately; the filters are in the address."""
    known = services.list_services(actor=request.user)
    filters = {name: request.GET.get(name, "") for name in ("q", "kind", "state")}
    kinds = sorted({each.service for each in known} | ({filters["kind"]} - {""}))
    context = {
        "services": page_of(request, filtered(known, filters)),
        "total": len(known),
        "open_count": sum(each.open for each in known),
        "kind_choices": [(kind, services.KINDS.get(kind, kind)) for kind in kinds],
        "state_choices": STATES,
        "filters": filters,
        "applied": sum(bool(filters[name]) for name in ("kind", "state")),
        "may_manage": policies.holds(request.user, "service.manage"),
    }
    return render(request, "breakers/list.html", context)


@require_POST
@permission_required("service.manage")
def try_(request: AuthenticatedRequest, service_id: str) -> HttpResponse:
    """Have a service tried by the next call to it."""
    try:
        found = services.try_service(service_id, actor=request.user)
        messages.success(request, f"The next call to {found.target} goes through and decides.")
    except NotOpen as error:
        messages.error(request, error.detail)
    return redirect("breakers:list")
