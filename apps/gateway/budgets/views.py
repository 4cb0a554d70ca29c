"""Pages of budgets: the list with how they stand, one budget, and the rules of counting."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import DomainError, Invalid
from apps.common.forms import blame
from apps.common.pagination import page_of
from apps.gateway.budgets import book, services, standing
from apps.gateway.budgets.filters import filtered
from apps.gateway.budgets.forms import BudgetForm, NewBudgetForm, RulesForm
from apps.gateway.models import Budget

FILTERS = ("scope", "every", "state")
STATES = [
    (standing.USED_UP, "used up"), (standing.BINDING, "binding"),
    (standing.ALERT, "past an alert"), (standing.FINE, "fine"),
]  # fmt: skip
PERIODS_SHOWN = 12


@require_GET
@permission_required("budget.view")
def list_(request: AuthenticatedRequest) -> HttpResponse:
    """Show how the budgets stand; search and filters are in the address."""
    known = standing.of_all(request.user)
    problem, status = None, HTTPStatus.OK
    try:
        kept = filtered(known, request.GET)
    except Invalid as error:
        problem, status, kept = error, HTTPStatus.UNPROCESSABLE_ENTITY, []
    context = {
        "budgets": page_of(request, kept),
        "total": len(known),
        "binding": next((each for each in known if each.binds), None),
        "used_up": [each for each in known if each.state == standing.USED_UP],
        "filters": {name: request.GET.get(name, "") for name in ("q", *FILTERS)},
        "applied": sum(bool(request.GET.get(name)) for name in FILTERS),
        "scopes": [(value, label.lower()) for value, label in Budget.Scope.choices],
        "everies": [(value, label.lower()) for value, label in Budget.Every.choices],
        "states": STATES,
        "problem": problem,
        "rules": book.rules(),
        "may_add": policies.holds_anywhere(request.user, "budget.manage"),
        "may_manage": policies.holds(request.user, "budget.manage"),
    }
    return render(request, "gateway/budgets.html", context, status=status)


@require_http_methods(["GET", "POST"])
@permission_required("budget.manage")
def new(request: AuthenticatedRequest) -> HttpResponse:
    """Set a budget."""
    form = NewBudgetForm(request.POST or None, actor=request.user)

    def save() -> HttpResponse:
        made = services.add_budget(actor=request.user, **form.values)
        messages.success(request, "The budget is set and counts from now on.")
        return redirect("gateway:budget", made.pk)

    return _saved(form, save) or _form(request, "gateway/budget_new.html", form=form)


@require_http_methods(["GET", "POST"])
@permission_required("budget.view")
def detail(request: AuthenticatedRequest, budget_id: UUID) -> HttpResponse:
    """Show how a budget stands and stood; whoever manages it can change it."""
    found = policies.find(request.user, Budget.objects.select_related("folder"), pk=budget_id)
    amount = f"{found.amount_usd.normalize():f}"
    shares = ", ".join(str(share) for share in found.alerts)
    first = {"amount_usd": amount, "alerts": shares, "stops": found.stops}
    form = BudgetForm(request.POST or None, initial=first)
    if request.method == "POST":
        policies.check(request.user, "manage", found)

    def save() -> HttpResponse:
        services.update_budget(found, actor=request.user, changes=form.cleaned_data)
        messages.success(request, "The budget is saved. It counts at once.")
        return redirect("gateway:budget", found.pk)

    context = {
        "form": form,
        "each": standing.of(found, request.user),
        "periods": found.periods.all()[:PERIODS_SHOWN],
        "rules": book.rules(),
        "may_manage": policies.allows(request.user, "manage", found),
    }
    return _saved(form, save) or _form(request, "gateway/budget.html", **context)


@require_POST
@permission_required("budget.manage")
def delete(request: AuthenticatedRequest, budget_id: UUID) -> HttpResponse:
    """Remove a budget."""
    found = policies.find(request.user, Budget.objects.select_related("folder"), pk=budget_id)
    services.delete_budget(found, actor=request.user)
    messages.success(request, "The budget is removed.")
    return redirect("gateway:budgets")


@require_http_methods(["GET", "POST"])
@permission_required("budget.manage")
def rules(request: AuthenticatedRequest) -> HttpResponse:
    """Change how the workspace counts money."""
    policies.require(request.user, "budget.manage")
    form = RulesForm(request.POST or None, instance=book.rules())

    def save() -> HttpResponse:
        services.change_rules(actor=request.user, changes=form.cleaned_data)
        messages.success(request, "The rules are saved.")
        return redirect("gateway:budgets")

    return _saved(form, save) or _form(request, "gateway/budget_rules.html", form=form)


def _saved(form: forms.BaseForm, save: Callable[[], HttpResponse]) -> HttpResponse | None:
    """Return what saving leads to; None where there is nothing to save, or the form says why not."""
    if not form.is_valid():
        return None
    try:
        return save()
    except DomainError as error:
        blame(form, error)
    return None


def _form(request: AuthenticatedRequest, template: str, **context: Any) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, template, context, status=status)
