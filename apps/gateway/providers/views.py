"""Pages of providers: which there are, which can be connected, and what becomes of one."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import DomainError, Invalid, NotFound
from apps.common.forms import blame
from apps.common.pagination import page_of
from apps.gateway import services
from apps.gateway.models import ModelRoute, Provider
from apps.gateway.providers import filters, importing, standing
from apps.gateway.providers.forms import ConnectForm, ProviderForm
from apps.gateway.upstreams import known_providers
from apps.gateway.views import form_page, tell_trial, words_of
from apps.grants import lending

KNOWN_PAGE = 48
FIRST_ROUTE = "default"


@require_GET
@permission_required("provider.view")
def list_(request: AuthenticatedRequest) -> HttpResponse:
    """Show the providers of the workspace; search and filters are in the address."""
    seen = policies.visible(request.user, Provider.objects.with_keys())
    text = request.GET.get("q", "").strip()
    return _list_page(
        request, "gateway/providers/list.html",
        lambda: filters.providers(list(_matching(seen, text)), request.GET), ("state",),
        states=filters.STATES, total=seen.count(),
        may_manage=policies.holds(request.user, "provider.manage"),
    )  # fmt: skip


@require_GET
@permission_required("provider.manage")
def choose(request: AuthenticatedRequest) -> HttpResponse:
    """Show the providers that are known; one click on one of them asks for its key."""
    return _list_page(
        request, "gateway/providers/choose.html", lambda: filters.entries(request.GET), ("way",),
        size=KNOWN_PAGE, ways=filters.WAYS, other=known_providers.ANY,
        offered=sum(each.is_offered for each in known_providers.every()),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@permission_required("provider.manage")
def connect(request: AuthenticatedRequest, entry: str) -> HttpResponse:
    """Connect a provider that is known, then ask it something at once."""
    found = known_providers.find(entry)
    if found is None:
        raise NotFound
    form = ConnectForm(found, request.POST or None)
    if request.method == "POST" and form.is_valid() and found.is_offered:
        try:
            provider = services.add_provider(actor=request.user, **form.values)
            if form.cleaned_data["use"]:
                _use_first(provider, request)
            tell_trial(request, services.try_provider(provider, actor=request.user))
            return redirect("gateway:provider", provider.pk)
        except DomainError as error:
            blame(form, error)
    return form_page(request, "gateway/providers/connect.html", form=form, entry=found)


@require_http_methods(["GET", "POST"])
@permission_required("provider.view")
def detail(request: AuthenticatedRequest, provider_id: UUID) -> HttpResponse:
    """Show a provider; whoever manages providers can change it, and it is asked something then."""
    found = policies.find(request.user, Provider.objects.with_keys(), pk=provider_id)
    form = ProviderForm(request.POST or None, initial=_settings_of(found))
    if request.method == "POST":
        policies.check(request.user, "manage", found)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.update_provider(found, actor=request.user, changes=form.values)
            tell_trial(request, services.try_provider(saved, actor=request.user))
            return redirect("gateway:provider", found.pk)
        except DomainError as error:
            blame(form, error)
    return form_page(
        request, "gateway/providers/detail.html", form=form, **_context(request, found)
    )


def _context(request: AuthenticatedRequest, found: Provider) -> dict[str, Any]:
    """Return what the page of a provider shows beside its form."""
    entry = known_providers.find(found.litellm_provider)
    routes = ModelRoute.objects.filter(targets__provider=found).distinct()
    return {
        "provider": found,
        "models": found.known_models or (entry.models if entry else []),
        "routes": policies.visible(request.user, routes),
        "keys": standing.of(found, actor=request.user),
        "lent": lending.use_of(found.grant_id) if found.grant_id else None,
        "may_see_usage": policies.holds(request.user, "usage.view"),
        "may_manage": policies.allows(request.user, "manage", found),
    }


@require_POST
@permission_required("provider.manage")
def act(request: AuthenticatedRequest, provider_id: UUID, name: str) -> HttpResponse:
    """Test, ask for its models, use first, enable, disable or remove a provider."""
    found = policies.find(request.user, Provider.objects.with_keys(), pk=provider_id)
    try:
        if name == "delete":
            services.delete_provider(found, actor=request.user)
            messages.success(request, f"{found.name} is removed.")
            return redirect("gateway:providers")
        _act(request, found, name)
    except DomainError as error:
        messages.error(request, words_of(error))
    return redirect("gateway:provider", found.pk)


def _act(request: AuthenticatedRequest, found: Provider, name: str) -> None:
    if name == "test":
        tell_trial(request, services.try_provider(found, actor=request.user))
    elif name == "models":
        done = importing.import_models(found, actor=request.user)
        messages.success(
            request, f"{done.models} models, and {done.prices} new prices, are taken over."
        )
        if done.problem:
            messages.warning(request, done.problem)
    elif name == "use":
        _use_first(found, request)
        messages.success(request, f"The route “{FIRST_ROUTE}” asks {found.name} first now.")
    else:
        status = Provider.Status.ACTIVE if name == "enable" else Provider.Status.DISABLED
        services.update_provider(found, actor=request.user, changes={"status": status})
        messages.success(request, f"{found.name} is {name}d.")


def _use_first(provider: Provider, request: AuthenticatedRequest) -> None:
    route = ModelRoute.objects.get(alias=FIRST_ROUTE)
    services.put_first(route, provider, actor=request.user, model=provider.default_model)


def _settings_of(provider: Provider) -> dict[str, Any]:
    able = provider.capabilities
    answers = next((each for each in able if each.startswith("json_")), "")
    names = ("name", "base_url", "default_model", "max_calls")
    return {name: getattr(provider, name) for name in names} | {
        "answers": answers,
        "responses": "responses" in able,
    }


def _list_page(
    request: AuthenticatedRequest, template: str, kept: Any, names: tuple[str, ...],
    *, size: int = 25, **context: Any,
) -> HttpResponse:  # fmt: skip
    """Show a page of a list; a filter that makes no sense is named above an empty one."""
    problem, status = None, HTTPStatus.OK
    try:
        rows = kept()
    except Invalid as error:
        problem, status, rows = error, HTTPStatus.UNPROCESSABLE_ENTITY, []
    filled = {name: request.GET.get(name, "") for name in ("q", *names)}
    context |= {
        "page": page_of(request, rows, size),
        "filters": filled,
        "applied": sum(bool(filled[name]) for name in names),
        "problem": problem,
    }
    return render(request, template, context, status=status)


def _matching(seen: QuerySet[Provider], text: str) -> QuerySet[Provider]:
    return seen.filter(pk__in=Provider.objects.matching(text).values("pk")) if text else seen
