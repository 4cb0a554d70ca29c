"""The page on which owners let a provider's access tokens in to the API, and try one."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required, proof_required_to_open
from apps.common.errors import DomainError, NotFound
from apps.common.forms import blame
from apps.identity.api_access import services
from apps.identity.api_access.forms import AccessForm, ClientForm, ScopeRuleForm, TrialForm
from apps.identity.api_access.trying import explain
from apps.identity.models import Connection
from apps.identity.setup import frame

PAGE = "identity/api_access.html"


@require_GET
@permission_required("connection.view")
def overview(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Show what tokens must be, what they bring, and which programs come with them."""
    return _page(request, _find(request, connection_id))


@require_POST
@permission_required("connection.manage")
@proof_required
def change(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Change what tokens must be and the most that they bring."""
    found = _find(request, connection_id)
    form = AccessForm(request.POST, access=services.access_of(found))

    def save() -> None:
        services.change(found, form.values, actor=request.user)

    return _saved(request, found, "access_form", form, save)


@require_POST
@permission_required("connection.manage")
@proof_required
def set_rule(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Let tokens that carry a value bring a role."""
    found, form = _find(request, connection_id), ScopeRuleForm(request.POST)

    def save() -> None:
        services.set_rule(found, **form.cleaned_data, actor=request.user)

    return _saved(request, found, "rule_form", form, save)


@require_POST
@permission_required("connection.manage")
@proof_required
def add_client(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Let a program in by its tokens."""
    found, form = _find(request, connection_id), ClientForm(request.POST)

    def save() -> None:
        services.add_client(found, **form.cleaned_data, actor=request.user)

    return _saved(request, found, "client_form", form, save)


@require_POST
@permission_required("connection.manage")
@proof_required
def remove(
    request: AuthenticatedRequest, connection_id: UUID, kind: str, row_id: UUID
) -> HttpResponse:
    """Remove a rule, or let a program in no more."""
    found = _find(request, connection_id)
    access = services.access_of(found)
    if kind == "rules":
        rule = access.rules.filter(pk=row_id).first()
        if rule is not None:  # else somebody else was first
            services.remove_rule(rule, actor=request.user)
    else:
        client = access.clients.select_related("user").filter(pk=row_id).first()
        if client is not None:
            services.remove_client(client, actor=request.user)
            messages.success(request, f"{client} is let in no more.")
    return redirect("identity:api_access", found.pk)


@never_cache
@require_POST
@permission_required("connection.manage")
@proof_required_to_open
def attempt(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Say what would happen with a token; nobody is let in by it, and it is not kept."""
    found, form = _find(request, connection_id), TrialForm(request.POST)
    if not form.is_valid():
        return _page(request, found, HTTPStatus.UNPROCESSABLE_ENTITY, trial_form=form)
    trial = explain(form.cleaned_data["token"], services.access_of(found))
    return _page(request, found, trial=trial)


def _saved(
    request: AuthenticatedRequest,
    found: Connection,
    name: str,
    form: forms.Form,
    save: Callable[[], None],
) -> HttpResponse:
    """Save a form that is valid and lead back; else show what is wrong with it."""
    if form.is_valid():
        try:
            save()
            messages.success(request, "Saved. It counts from the next request.")
            return redirect("identity:api_access", found.pk)
        except DomainError as error:
            blame(form, error)
    return _page(request, found, HTTPStatus.UNPROCESSABLE_ENTITY, **{name: form})


def _page(
    request: AuthenticatedRequest, found: Connection, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    access = services.access_of(found)
    rules = access.rules.select_related("role").order_by("value")
    clients = access.clients.select_related("user").order_by("user__name")
    context = frame(found, "api") | {
        "may_manage": policies.allows(request.user, "manage", found),
        "access": access,
        "rules": rules,
        "clients": clients,
        "access_form": AccessForm(access=access),
        "rule_form": ScopeRuleForm(),
        "client_form": ClientForm(),
        "trial_form": TrialForm(),
        "api_address": request.build_absolute_uri("/api/v1/"),
        **extra,
    }
    return render(request, PAGE, context, status=status)


def _find(request: AuthenticatedRequest, connection_id: UUID) -> Connection:
    """Return a connection that can give tokens. Raises NotFound."""
    found = policies.find(request.user, Connection.objects.all(), pk=connection_id)
    if found.is_saml:
        raise NotFound
    return found
