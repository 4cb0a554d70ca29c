"""The page of advice: what would be cheaper, how well that is borne out, and what was done with it."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import DomainError, Invalid
from apps.common.pagination import page_of
from apps.gateway.advisor import services
from apps.gateway.advisor.filters import filtered
from apps.gateway.advisor.findings import FLOOR, LEAST_CHECKED
from apps.gateway.models import Advice, ModelRoute
from apps.gateway.views import words_of

PAGE_SIZE = 25
NEEDED = (
    f"It takes {LEAST_CHECKED} checked answers in JSON of a cheaper model with a known price, of which "
    f"surely more than {FLOOR:.0%} held. Let a route check its answers, and ask such a model first or explore."
)


@require_GET
@permission_required("usage.view")
def list_(request: AuthenticatedRequest) -> HttpResponse:
    """Show the advice; search and filters are in the address."""
    seen = policies.visible(request.user, Advice.objects.select_related("route"))
    problem, status = None, HTTPStatus.OK
    try:
        kept = filtered(seen, request.GET)
    except Invalid as error:
        problem, status, kept = error, HTTPStatus.UNPROCESSABLE_ENTITY, seen.none()
    names = ("status", "route")
    routes = policies.visible(request.user, ModelRoute.objects.all())
    aliases = routes.order_by("alias").values_list("alias", flat=True)
    context = {
        "advice": page_of(request, kept, PAGE_SIZE),
        "open": seen.filter(status=Advice.Status.OPEN).count(),
        "filters": {name: request.GET.get(name, "") for name in ("q", *names)},
        "is_filtered": any(request.GET.get(name) for name in ("q", *names)),
        "applied": sum(bool(request.GET.get(name)) for name in names),
        "statuses": [(value, label.lower()) for value, label in Advice.Status.choices],
        "routes": [(alias, alias) for alias in aliases],
        "problem": problem,
        "needed": NEEDED,
        "may_manage": policies.holds(request.user, "provider.manage"),
    }
    return render(request, "gateway/advice.html", context, status=status)


@require_POST
@permission_required("provider.manage")
def act(request: AuthenticatedRequest, advice_id: UUID, name: str) -> HttpResponse:
    """Apply advice, undo that, or dismiss it with a reason."""
    found = policies.find(request.user, Advice.objects.select_related("route"), pk=advice_id)
    try:
        messages.success(request, _done(found, name, request))
    except DomainError as error:
        messages.error(request, words_of(error))
    return redirect("gateway:advice")


def _done(advice: Advice, name: str, request: AuthenticatedRequest) -> str:
    if name == "apply":
        route = services.apply_advice(advice, actor=request.user)
        return f"The route {route.alias} asks {advice.model} first, as version {route.version}."
    if name == "undo":
        route = services.undo_advice(advice, actor=request.user)
        return f"The route {route.alias} is as it was before, as version {route.version}."
    services.dismiss_advice(advice, actor=request.user, reason=request.POST.get("reason", ""))
    return "The advice is dismissed."
