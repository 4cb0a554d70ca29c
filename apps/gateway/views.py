"""Pages of RelayCore: providers, calls, and what they cost."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.models import ApiKey
from apps.common.errors import DomainError
from apps.common.pagination import page_of
from apps.gateway import charts, filters, services
from apps.gateway.budgets import standing
from apps.gateway.forms import NewProviderForm, ProviderForm, blame
from apps.gateway.models import LlmCall, ModelRoute, Provider
from apps.gateway.prices import table
from apps.gateway.virtual_keys.filters import key_choices

PAGE_SIZE = 50
PERIODS = {"7": "7 days", "month": "This month", "90": "90 days"}


@require_GET
@permission_required("provider.view")
def overview(request: AuthenticatedRequest) -> HttpResponse:
    """Show the providers and routes, and what this month's calls cost."""
    since, until = filters.period({})
    calls = policies.visible(request.user, LlmCall.objects.between(since, until))
    context = {
        "providers": policies.visible(request.user, _providers()),
        "routes": policies.visible(request.user, _routes()),
        "total": calls.totals(),
        "chart": charts.by_day(calls.totals_by_day(), since, until),
        "may_manage": policies.holds(request.user, "provider.manage"),
        "may_see_usage": policies.holds(request.user, "usage.view"),
        "standings": standing.foremost(request.user),
        "leaving": table.leaving(),
        "only_builtin": not Provider.objects.exclude(kind=Provider.Kind.BUILTIN).exists(),
    }
    return render(request, "gateway/overview.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("provider.manage")
def new_provider(request: AuthenticatedRequest) -> HttpResponse:
    """Connect a provider, then ask it something at once."""
    first = {"kind": "openai_compatible", "answers": "json_schema"}
    form = NewProviderForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            provider = services.add_provider(actor=request.user, **form.values)
            if form.cleaned_data["use"]:
                route = ModelRoute.objects.get(alias="default")
                model = provider.default_model
                services.put_first(route, provider, actor=request.user, model=model)
            _tell(request, services.try_provider(provider, actor=request.user))
            return redirect("gateway:provider", provider.pk)
        except DomainError as error:
            blame(form, error)
    return form_page(request, "gateway/provider_new.html", form=form)


@require_http_methods(["GET", "POST"])
@permission_required("provider.view")
def provider(request: AuthenticatedRequest, provider_id: UUID) -> HttpResponse:
    """Show a provider; whoever manages providers can change it."""
    found = policies.find(request.user, _providers(), pk=provider_id)
    able = found.capabilities
    answers = next((each for each in able if each.startswith("json_")), "")
    first = {"answers": answers, "responses": "responses" in able} | {
        name: getattr(found, name) for name in ("name", "base_url", "default_model", "max_calls")
    }
    form = ProviderForm(request.POST or None, initial=first)
    if request.method == "POST":
        policies.check(request.user, "manage", found)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_provider(found, actor=request.user, changes=form.values)
            messages.success(request, f"{found.name} is saved.")
            return redirect("gateway:provider", found.pk)
        except DomainError as error:
            blame(form, error)
    may_manage = policies.allows(request.user, "manage", found)
    extra = {"provider": found, "form": form, "may_manage": may_manage}
    return form_page(request, "gateway/provider.html", **extra)


@require_POST
@permission_required("provider.manage")
def act(request: AuthenticatedRequest, provider_id: UUID, name: str) -> HttpResponse:
    """Test, enable, disable or remove a provider."""
    found = policies.find(request.user, _providers(), pk=provider_id)
    try:
        if name == "test":
            _tell(request, services.try_provider(found, actor=request.user))
        elif name == "delete":
            services.delete_provider(found, actor=request.user)
            messages.success(request, f"{found.name} is removed.")
            return redirect("gateway:overview")
        else:
            status = Provider.Status.ACTIVE if name == "enable" else Provider.Status.DISABLED
            services.update_provider(found, actor=request.user, changes={"status": status})
            messages.success(request, f"{found.name} is {name}d.")
    except DomainError as error:
        messages.error(request, words_of(error))
    return redirect("gateway:provider", found.pk)


@require_GET
@permission_required("usage.view")
def calls(request: AuthenticatedRequest) -> HttpResponse:
    """Show the ledger; the filters are in the address."""
    seen = policies.visible(request.user, LlmCall.objects.all())
    kept = filters.filtered(seen, request.GET)
    routes = policies.visible(request.user, ModelRoute.objects.all())
    providers = policies.visible(request.user, Provider.objects.all())
    names = ("q", "route", "provider", "status", "cache", "key", "run")
    keys = policies.visible(request.user, ApiKey.objects.select_related("virtual"))
    page = page_of(request, kept, PAGE_SIZE)
    known = keys.in_bulk({each.key_id for each in page if each.key_id})
    context = {
        "calls": page,
        "rows": [(each, known.get(each.key_id)) for each in page],
        "key_choices": key_choices(keys, request.GET.get("key", "")),
        "filters": {name: request.GET.get(name, "") for name in names},
        "is_filtered": any(request.GET.get(name) for name in names),
        "applied": sum(1 for name in names[1:-1] if request.GET.get(name)),
        "route_choices": _choices(routes.values_list("alias", flat=True)),
        "provider_choices": _choices(providers.values_list("slug", flat=True)),
        "cache_choices": LlmCall.Cache.choices,
        "may_forget": policies.holds(request.user, "model.call"),
        "status_choices": [("ok", "Done"), ("error", "Failed"), ("cancelled", "Cancelled")],
    }
    return render(request, "gateway/calls.html", context)


@require_GET
@permission_required("usage.view")
def usage(request: AuthenticatedRequest) -> HttpResponse:
    """Show what calls to models took and cost, by day, route and provider."""
    chosen = request.GET.get("period", "month")
    chosen = chosen if chosen in PERIODS else "month"
    since, until = filters.period({})
    if chosen != "month":
        today = timezone.localtime(until).replace(hour=0, minute=0, second=0, microsecond=0)
        since = today - timedelta(days=int(chosen) - 1)
    kept = policies.visible(request.user, LlmCall.objects.between(since, until))
    total = kept.totals()
    context = {
        "periods": PERIODS,
        "chosen": chosen,
        "since": since,
        "total": total,
        "each": total["cost_usd"] / total["calls"] if total["calls"] else None,
        "chart": charts.by_day(kept.totals_by_day(), since, until),
        "by_route": kept.totals_by("route"),
        "by_provider": kept.totals_by("provider", "model"),
        "standings": standing.foremost(request.user),
    }
    return render(request, "gateway/usage.html", context)


def _providers() -> QuerySet[Provider]:
    return Provider.objects.prefetch_related("credentials")


def _routes() -> QuerySet[ModelRoute]:
    return ModelRoute.objects.prefetch_related("targets__provider__credentials")


def _choices(values: Any) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


def _tell(request: AuthenticatedRequest, trial: services.Trial) -> None:
    if trial.ok:
        messages.success(request, trial.message)
    else:
        messages.error(request, f"{trial.message} {trial.hint}".strip())


def words_of(error: DomainError) -> str:
    return " ".join(entry["message"] for entry in error.errors) or error.detail


def form_page(request: AuthenticatedRequest, template: str, **context: Any) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, template, context, status=status)
