"""Pages of prices: what models cost and hold, when they are retired, and the workspace's own word."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import Invalid
from apps.common.pagination import page_of
from apps.gateway import catalogue, services
from apps.gateway.models import ModelPrice
from apps.gateway.prices import table
from apps.gateway.prices.filters import filtered
from apps.gateway.prices.forms import FIGURES, NewPriceForm, PriceForm

STATES = [
    (table.USED, "a route leads to it"), (table.RETIRING, "retired soon"),
    (table.RETIRED, "retired"),
]  # fmt: skip
SOURCES = [(table.OWN, "this workspace"), (table.DELIVERED, "the delivered list")]


@require_GET
@permission_required("provider.view")
def list_(request: AuthenticatedRequest) -> HttpResponse:
    """Show what models cost; search and filters are in the address."""
    known = table.of_all(request.user)
    problem, status = None, HTTPStatus.OK
    try:
        kept = filtered(known, request.GET)
    except Invalid as error:
        problem, status, kept = error, HTTPStatus.UNPROCESSABLE_ENTITY, []
    names = ("source", "state")
    context = {
        "rows": page_of(request, kept),
        "total": len(known),
        "leaving": [row for row in known if row.is_leaving],
        "filters": {name: request.GET.get(name, "") for name in ("q", *names)},
        "applied": sum(bool(request.GET.get(name)) for name in names),
        "sources": SOURCES,
        "states": STATES,
        "problem": problem,
        "list_source": catalogue.source(),
        "may_manage": policies.holds(request.user, "provider.manage"),
    }
    return render(request, "gateway/prices.html", context, status=status)


@require_http_methods(["GET", "POST"])
@permission_required("provider.manage")
def new(request: AuthenticatedRequest) -> HttpResponse:
    """Say what a model costs; the address may name one, whose delivered figures are offered."""
    form = NewPriceForm(request.POST or None, initial=_offered(request))
    if form.is_valid():
        made = services.set_price(actor=request.user, **form.cleaned_data)
        messages.success(request, f"{made.model} costs this from now on.")
        return redirect("gateway:price", made.pk)
    return _form(request, "gateway/price_new.html", form=form)


@require_http_methods(["GET", "POST"])
@permission_required("provider.view")
def detail(request: AuthenticatedRequest, price_id: UUID) -> HttpResponse:
    """Show a price with its versions; whoever manages providers can set it anew."""
    found = policies.find(request.user, ModelPrice.objects.all(), pk=price_id)
    versions = ModelPrice.objects.filter(provider=found.provider, model=found.model)
    newest = versions.order_by("-valid_from")[0]
    form = PriceForm(request.POST or None, instance=None, initial=_figures(newest))
    if request.method == "POST":
        policies.check(request.user, "manage", found)
    if form.is_valid():
        made = services.set_price(
            actor=request.user, provider=found.provider, model=found.model, **form.cleaned_data
        )
        messages.success(request, f"{made.model} costs this from now on.")
        return redirect("gateway:price", made.pk)
    may_manage = policies.allows(request.user, "manage", found)
    context = {"form": form, "price": newest, "versions": versions.order_by("-valid_from")[:50]}
    return _form(request, "gateway/price.html", may_manage=may_manage, **context)


@require_POST
@permission_required("provider.manage")
def delete(request: AuthenticatedRequest, price_id: UUID) -> HttpResponse:
    """Forget the workspace's own price; the delivered one counts again."""
    found = policies.find(request.user, ModelPrice.objects.all(), pk=price_id)
    services.delete_price(found, actor=request.user)
    messages.success(request, f"The price of {found.model} is forgotten.")
    return redirect("gateway:prices")


def _offered(request: AuthenticatedRequest) -> dict[str, Any]:
    provider, model = request.GET.get("provider", ""), request.GET.get("model", "")
    found = catalogue.find([provider], model, on=timezone.now().date())
    return {"provider": provider, "model": model, **(_figures(found) if found else {})}


def _figures(price: ModelPrice | catalogue.Listed) -> dict[str, Any]:
    """Return the figures as people write them: without zeros at their ends."""
    figures = {name: getattr(price, name) for name in FIGURES}
    return {
        name: f"{value.normalize():f}" if name.endswith("_usd") and value is not None else value
        for name, value in figures.items()
    }


def _form(request: AuthenticatedRequest, template: str, **context: Any) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, template, context, status=status)
