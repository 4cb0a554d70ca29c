"""Pages of guards: those of the workspace, those of a route, and what they would do with a text."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.forms import blame
from apps.common.types import JSONDict
from apps.gateway import services
from apps.gateway.exceptions import BadGuards, BadRoute
from apps.gateway.guard_rules.forms import GuardsForm, RouteGuardsForm, TryForm
from apps.gateway.guard_rules.services import guards_of_route, guards_of_workspace, set_guards
from apps.gateway.guards import counts, door
from apps.gateway.guards.kinds import Place
from apps.gateway.guards.policy import Guards
from apps.gateway.models import ModelRoute

PAGE = "gateway/guards.html"


@require_http_methods(["GET", "POST"])
@permission_required("provider.manage")
def workspace(request: AuthenticatedRequest) -> HttpResponse:
    """Say what is looked for where a route has no guards of its own."""
    guards = guards_of_workspace()
    form = GuardsForm(request.POST or None, guards=guards)
    if request.method == "POST" and form.is_valid():
        try:
            set_guards(actor=request.user, guards=form.settings)
            messages.success(request, "The guards are saved. They hold from the next call on.")
            return redirect("gateway:guards")
        except BadGuards as error:
            blame(form, error)
    return _page(request, None, guards, form=form)


@require_http_methods(["GET", "POST"])
@permission_required("provider.manage")
def route(request: AuthenticatedRequest, alias: str) -> HttpResponse:
    """Say what is looked for in the calls of a route."""
    found = policies.find(request.user, ModelRoute.objects.all(), alias=alias)
    guards = guards_of_route(found)
    form = RouteGuardsForm(request.POST or None, guards=guards, route=found)
    if request.method == "POST" and form.is_valid():
        own = form.settings if form.cleaned_data["own"] else None
        try:
            saved = services.save_route(
                found, actor=request.user, policy={**found.policy, "guards": own}
            )
            messages.success(request, f"The guards of {saved.alias} are saved.")
            return redirect("gateway:route_guards", saved.alias)
        except BadRoute as error:
            blame(form, error)
    return _page(request, found, guards, form=form)


@require_POST
@permission_required("provider.manage")
def try_workspace(request: AuthenticatedRequest) -> HttpResponse:
    """Show what the guards of the workspace would do with a text."""
    return _tried(request, None, guards_of_workspace())


@require_POST
@permission_required("provider.manage")
def try_route(request: AuthenticatedRequest, alias: str) -> HttpResponse:
    """Show what the guards of a route would do with a text."""
    found = policies.find(request.user, ModelRoute.objects.all(), alias=alias)
    return _tried(request, found, guards_of_route(found))


def _tried(request: AuthenticatedRequest, found: ModelRoute | None, guards: Guards) -> HttpResponse:
    form = TryForm(request.POST)
    tried = None
    if form.is_valid():
        data = form.cleaned_data
        tried = door.tried(guards, Place(data["place"]), data["text"])
    return _page(request, found, guards, trying=form, tried=tried)


def _page(
    request: AuthenticatedRequest, found: ModelRoute | None, guards: Guards, **more: object
) -> HttpResponse:
    form = (
        GuardsForm(guards=guards) if found is None else RouteGuardsForm(guards=guards, route=found)
    )
    context: JSONDict = {
        "route": found,
        "form": form,
        "trying": TryForm(),
        "counts": counts.lately(found) if policies.holds(request.user, "usage.view") else None,
        "days": counts.DAYS,
        **more,
    }
    wrong = any(getattr(more.get(name), "errors", None) for name in ("form", "trying"))
    return render(request, PAGE, context, status=422 if wrong else 200)
