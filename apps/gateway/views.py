"""Pages of RelayCore: providers, calls, and what they cost."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.models import ApiKey
from apps.common.errors import DomainError
from apps.common.pagination import page_of
from apps.gateway import charts, filters, vitals
from apps.gateway.budgets import standing
from apps.gateway.costs import savings
from apps.gateway.costs.breakdown import chosen
from apps.gateway.costs.summing import added
from apps.gateway.models import Credential, LlmCall, ModelRoute, Provider, RouteTarget
from apps.gateway.prices import table
from apps.gateway.targets.trials import Trial
from apps.gateway.virtual_keys.filters import key_choices

PAGE_SIZE = 50
# What the list of calls may be asked for by its address; those that are no choice on the page last.
CALLS_BY = (
    "time", "route", "provider", "model", "task", "prompt", "status", "cache", "key", "credential",
    "workflow", "member", "run", "q", "since", "until",
)  # fmt: skip
UNSHOWN = ("run", "q", "since", "until")
TASKS = ("generate", "classify", "extract", "judge", "playground", "similarity", "test")


@require_GET
@permission_required("provider.view")
def overview(request: AuthenticatedRequest) -> HttpResponse:
    """Show the providers and routes, and what this month's calls cost."""
    since, until = filters.period({})
    calls = policies.visible(request.user, LlmCall.objects.between(since, until))
    days = list(calls.totals_by_day())
    context = {
        "providers": policies.visible(request.user, Provider.objects.with_keys()),
        "table": vitals.table_of(
            policies.visible(request.user, ModelRoute.objects.all()), actor=request.user
        ),
        "savings": savings.of(calls),
        "total": added(days),
        "chart": charts.by_day(days, since, until),
        "may_manage": policies.holds(request.user, "provider.manage"),
        "may_see_usage": policies.holds(request.user, "usage.view"),
        "standings": standing.foremost(request.user),
        "leaving": table.leaving(),
        "only_builtin": not Provider.objects.exclude(kind=Provider.Kind.BUILTIN).exists(),
    }
    return render(request, "gateway/overview.html", context)


@require_GET
@permission_required("usage.view")
def calls(request: AuthenticatedRequest) -> HttpResponse:
    """Show the ledger; the filters are in the address."""
    seen = policies.visible(request.user, LlmCall.objects.all())
    kept = filters.filtered(seen, filters.of_page(request.GET))
    routes = policies.visible(request.user, ModelRoute.objects.all())
    providers = policies.visible(request.user, Provider.objects.all())
    given = {name: request.GET.get(name, "") for name in CALLS_BY}
    keys = policies.visible(request.user, ApiKey.objects.select_related("virtual"))
    page = page_of(request, kept, PAGE_SIZE)
    known = keys.in_bulk({each.key_id for each in page if each.key_id})
    context = {
        "calls": page,
        "rows": [(each, known.get(each.key_id)) for each in page],
        "key_choices": key_choices(keys, request.GET.get("key", "")),
        "credential_choices": _credential_choices(request.GET.get("credential", "")),
        "who": [
            (name, chosen(name, request.GET.get(name, ""), actor=request.user))
            for name in ("workflow", "member")
        ],
        "filters": given,
        "is_filtered": any(given.values()),
        "applied": sum(1 for name in CALLS_BY if given[name] and name not in UNSHOWN),
        "times": [("1", "today"), *filters.TIMES],
        "model_choices": _with(given["model"], _models(request)),
        "task_choices": _with(given["task"], TASKS),
        "prompt_choices": _choices([given["prompt"]]),
        "route_choices": _choices(routes.values_list("alias", flat=True)),
        "provider_choices": _choices(providers.values_list("slug", flat=True)),
        "cache_choices": LlmCall.Cache.choices,
        "may_forget": policies.holds(request.user, "model.call"),
        "status_choices": [("ok", "Done"), ("error", "Failed"), ("cancelled", "Cancelled")],
    }
    return render(request, "gateway/calls.html", context)


def _models(request: AuthenticatedRequest) -> list[str]:
    """Return the models that routes lead to; the ledger itself is too long to be asked."""
    targets = RouteTarget.objects.filter(
        route__in=policies.visible(request.user, ModelRoute.objects.all())
    )
    return sorted(set(targets.exclude(model="").values_list("model", flat=True)))


def _with(chosen: str, offered: Sequence[str]) -> list[tuple[str, str]]:
    """Return choices that have the one that is taken already."""
    return _choices([*offered, *([chosen] if chosen and chosen not in offered else [])])


def _credential_choices(chosen: str) -> list[tuple[str, str]]:
    """Return the one provider's key that calls are filtered by: its page leads here."""
    found = Credential.objects.filter(pk=chosen).select_related("provider") if chosen else ()
    named = [(str(each.pk), f"{each} of {each.provider}") for each in found]
    return named or ([(chosen, "a removed key")] if chosen else [])


def _choices(values: Any) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


def tell_trial(request: AuthenticatedRequest, trial: Trial) -> None:
    """Show how the test of a provider went."""
    if trial.ok:
        messages.success(request, trial.message)
    else:
        messages.error(request, f"{trial.message} {trial.hint}".strip())


def words_of(error: DomainError) -> str:
    return " ".join(entry["message"] for entry in error.errors) or error.detail


def form_page(request: AuthenticatedRequest, template: str, **context: Any) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, template, context, status=status)
