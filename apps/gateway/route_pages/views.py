"""Pages of routes: what each leads to, how its targets do, and why a call went where it went."""

import json
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import DomainError
from apps.common.forms import blame
from apps.common.pagination import page_of
from apps.common.types import JSONDict
from apps.gateway import filters, services, vitals
from apps.gateway.asks import SPEAKING
from apps.gateway.cache.views import CacheForm
from apps.gateway.guard_rules.services import guards_of_route
from apps.gateway.guards import counts
from apps.gateway.models import AllowList, KeptBody, LlmCall, ModelRoute
from apps.gateway.route_pages import explaining, one_call
from apps.gateway.route_pages.forms import AllowedForm, QuestionForm, RouteForm, TargetForms
from apps.gateway.routes.versions import STATED
from apps.gateway.views import form_page, words_of

PAGE_SIZE = 25


@require_GET
@permission_required("provider.view")
def list_(request: AuthenticatedRequest) -> HttpResponse:
    """Show the routes; the search is in the address."""
    query = request.GET.get("q", "").strip()[:200]
    routes = policies.visible(request.user, _routes())
    found = routes.filter(
        Q(alias__icontains=query)
        | Q(description__icontains=query)
        | Q(pk__in=routes.filter(targets__model__icontains=query).values("pk"))
    )
    page = page_of(request, found.order_by("alias"), PAGE_SIZE)
    context = {
        "routes": page,
        "table": vitals.table_of(page, actor=request.user),
        "may_see_usage": policies.holds(request.user, "usage.view"),
        "query": query,
        "allowed": AllowList.objects.first(),
        "may_manage": policies.holds(request.user, "provider.manage"),
    }
    return render(request, "gateway/routes.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("provider.manage")
def new(request: AuthenticatedRequest) -> HttpResponse:
    """Make a route."""
    return _edited(request, None, "gateway/route_edit.html")


@require_http_methods(["GET", "POST"])
@permission_required("provider.view")
def detail(request: AuthenticatedRequest, alias: str) -> HttpResponse:
    """Show a route with the health of its targets; whoever manages providers can change it."""
    found = policies.find(request.user, _routes(), alias=alias)
    if request.method == "POST":
        policies.check(request.user, "manage", found)
    return _edited(request, found, "gateway/route.html")


def _edited(request: AuthenticatedRequest, found: ModelRoute | None, page: str) -> HttpResponse:
    form = RouteForm(request.POST or None, route=found)
    targets = TargetForms(request.POST or None, initial=_rows(found))
    if request.method == "POST" and form.is_valid() and targets.is_valid():
        kept = [row.values for row in targets if row.values]
        try:
            saved = services.save_route(found, actor=request.user, targets=kept, **form.values)
            messages.success(request, f"The route {saved.alias} is saved.")
            return redirect("gateway:route", saved.alias)
        except DomainError as error:
            blame(form, error)
    return form_page(request, page, form=form, targets=targets, **_facts(request, found))


def _facts(request: AuthenticatedRequest, found: ModelRoute | None) -> JSONDict:
    may_manage = policies.allows(request.user, "manage", found or ModelRoute)
    if found is None:
        return {"route": None, "may_manage": may_manage}
    may_count = policies.holds(request.user, "usage.view")
    return {
        "route": found,
        "may_manage": may_manage,
        "may_delete": may_manage and found.alias not in services.DELIVERED_ROUTES,
        "health": vitals.health_of([found])[found.alias],
        "versions": page_of(request, found.versions.all(), 10),
        "question": QuestionForm(),
        "cache": CacheForm.of(found),
        "guards": guards_of_route(found),
        "guard_days": counts.DAYS,
        "guard_counts": counts.lately(found) if may_count else None,
    }


@require_POST
@permission_required("provider.manage")
def delete(request: AuthenticatedRequest, alias: str) -> HttpResponse:
    """Remove a route."""
    found = policies.find(request.user, _routes(), alias=alias)
    try:
        services.delete_route(found, actor=request.user)
    except DomainError as error:
        messages.error(request, words_of(error))
        return redirect("gateway:route", alias)
    messages.success(request, f"The route {alias} is removed.")
    return redirect("gateway:routes")


@require_POST
@permission_required("provider.manage")
def restore(request: AuthenticatedRequest, alias: str, number: int) -> HttpResponse:
    """Make an earlier version the newest."""
    found = policies.find(request.user, _routes(), alias=alias)
    try:
        saved = services.restore_route(found, number, actor=request.user)
        messages.success(request, f"Version {saved.version} is as version {number} was.")
    except DomainError as error:
        messages.error(request, words_of(error))
    return redirect("gateway:route", alias)


@require_GET
@permission_required("provider.manage")
def decide(request: AuthenticatedRequest, alias: str) -> HttpResponse:
    """Show where a call would go and why; nobody is asked."""
    found = policies.find(request.user, _routes(), alias=alias)
    form = QuestionForm(request.GET if "characters" in request.GET else None)
    explanation = None
    if form.is_valid():
        ask = replace(explaining.ask_of(form.body, found), caps=form.caps)
        explanation = explaining.dry_decision(found, actor=request.user, ask=ask)
    context = {"route": found, "question": form, "explanation": explanation}
    return render(request, "gateway/decide.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("provider.manage")
def allowed(request: AuthenticatedRequest) -> HttpResponse:
    """Say which models and regions may be asked at all."""
    now = AllowList.objects.first() or AllowList()
    first = {"patterns": "\n".join(now.patterns), "regions": ", ".join(now.regions)}
    form = AllowedForm(request.POST or None, initial=first)
    if request.method == "POST":
        form = AllowedForm(request.POST, initial=first)
    if request.method == "POST" and form.is_valid():
        services.allow_models(actor=request.user, **form.cleaned_data)
        messages.success(request, "The lists are saved. They hold from the next call on.")
        return redirect("gateway:routes")
    return form_page(request, "gateway/allowed.html", form=form)


@require_GET
@permission_required("usage.view")
def why(request: AuthenticatedRequest, call_id: UUID) -> HttpResponse:
    """Show one call beside its list: its figures, its attempts, and why it went where it went."""
    seen = policies.visible(request.user, LlmCall.objects.all())
    call = policies.find(request.user, seen, pk=call_id)
    listed = filters.filtered(seen, filters.of_page(request.GET))
    context = {
        "call": call,
        "beside": one_call.beside(call, listed),
        "origin": one_call.origin_of(call, actor=request.user),
        "tries": one_call.tries_of(call),
        "may_see_prompts": policies.holds(request.user, "prompt.view"),
        "explanation": explaining.explanation_of(call),
        "has_body": policies.holds(request.user, "call_body.view")
        and KeptBody.objects.unexpired().filter(pk=call.pk).exists(),
        "may_keep": policies.holds_anywhere(request.user, "workflow.edit"),
        "may_ask": call.endpoint in SPEAKING and policies.holds(request.user, "model.call"),
    }
    return render(request, "gateway/call.html", context)


def _routes() -> QuerySet[ModelRoute]:
    return ModelRoute.objects.prefetch_related("targets__provider__credentials")


def _rows(found: ModelRoute | None) -> list[JSONDict]:
    """Return the targets of a route as the rows of the form."""
    if found is None:
        return []
    return [
        {
            "provider": each.provider.slug,
            "model": "" if each.provider.is_builtin else each.model,
            "order": each.order,
            "params": json.dumps(each.params) if each.params else "",
            **{name: getattr(each, name) for name in STATED},
        }
        for each in found.targets.all()
    ]
