"""Pages of virtual keys."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts import services as accounts
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.models import ApiKey, User
from apps.accounts.proof import proof_required
from apps.common.errors import Conflict, DomainError, Invalid
from apps.common.forms import blame
from apps.common.pagination import page_of
from apps.gateway.models import LlmCall, ModelRoute
from apps.gateway.virtual_keys import services
from apps.gateway.virtual_keys.filters import STATES, filtered, virtual_keys
from apps.gateway.virtual_keys.forms import NewKeyForm, RotationForm, TermsForm
from apps.gateway.virtual_keys.spending import limits_of, spending_of, totals_of

NEWEST = 5  # calls that are shown beside a key


@require_GET
@permission_required("api_key.use")
def keys(request: AuthenticatedRequest) -> HttpResponse:
    """Show one's keys; to those who manage keys, all of them."""
    seen = policies.visible(request.user, virtual_keys())
    problem, status = None, HTTPStatus.OK
    try:
        kept = filtered(seen, request.GET)
    except Invalid as error:
        problem, status, kept = error, HTTPStatus.UNPROCESSABLE_ENTITY, seen.none()
    page = page_of(request, kept)
    spent = totals_of(page.object_list, actor=request.user)
    limits = limits_of(list(page), actor=request.user)
    routes = policies.visible(request.user, ModelRoute.objects.order_by("alias"))
    filters = {name: request.GET.get(name, "") for name in ("q", "state", "route")}
    context = {
        "page": page,
        "rows": [(key, spent.get(key.pk), limit) for key, limit in zip(page, limits, strict=True)],
        "usable_count": seen.filter(pk__in=ApiKey.objects.in_state("active").values("pk")).count(),
        "any_key": seen.exists(),
        "problem": problem,
        "filters": filters,
        "applied": sum(1 for name in ("state", "route") if filters[name]),
        "state_choices": [(name, name) for name in STATES],
        "route_choices": [(alias, alias) for alias in routes.values_list("alias", flat=True)],
        "may_manage": policies.holds(request.user, "api_key.manage"),
        "may_see_usage": policies.holds(request.user, "usage.view"),
    }
    return render(request, "gateway/keys/list.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("api_key.use")
@proof_required
def new_key(request: AuthenticatedRequest) -> HttpResponse:
    """Make a key and show its text, once."""
    form = NewKeyForm(request.POST or None, actor=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            key, text = services.create_key(actor=request.user, **form.values)
            return _detail(request, key, status=HTTPStatus.CREATED, text=text, made=True)
        except DomainError as error:
            blame(form, error)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, "gateway/keys/new.html", {"form": form}, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("api_key.use")
@proof_required
def key(request: AuthenticatedRequest, key_id: UUID) -> HttpResponse:
    """Show a key, what it took and its terms, which can be changed."""
    found = policies.find(request.user, virtual_keys(), pk=key_id)
    if request.method == "GET":
        return _detail(request, found)
    form = TermsForm(request.POST, actor=request.user, key=found)
    if form.is_valid():
        try:
            services.change_key(found, actor=request.user, changes=form.values)
            messages.success(request, f"The terms of “{found.name}” are saved.")
            return redirect("gateway:key", found.pk)
        except DomainError as error:
            blame(form, error)
    fresh = policies.find(request.user, virtual_keys(), pk=key_id)
    return _detail(request, fresh, status=HTTPStatus.UNPROCESSABLE_ENTITY, form=form)


@never_cache
@require_POST
@permission_required("api_key.use")
@proof_required
def rotate_key(request: AuthenticatedRequest, key_id: UUID) -> HttpResponse:
    """Give a key another secret and show it, once."""
    found = policies.find(request.user, virtual_keys(), pk=key_id)
    form = RotationForm(request.POST)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _detail(request, found, status=status, rotation_form=form)
    try:
        text = accounts.rotate_api_key(found, actor=request.user, overlap=form.overlap)
    except Conflict as error:  # it is over by now
        messages.error(request, error.detail)
        return redirect("gateway:key", found.pk)
    return _detail(request, found, text=text)


@require_POST
@permission_required("api_key.use")
def end_key(request: AuthenticatedRequest, key_id: UUID, name: str) -> HttpResponse:
    """Revoke a key, or stop the secret from before its last rotation."""
    found = policies.find(request.user, virtual_keys(), pk=key_id)
    if name == "revoke":
        accounts.revoke_api_key(found, actor=request.user)
        messages.success(request, f"The key “{found.name}” is revoked.")
    else:
        accounts.end_rotation(found, actor=request.user)
        messages.success(request, f"The old secret of “{found.name}” has stopped working.")
    return redirect("gateway:key", found.pk)


def _detail(
    request: AuthenticatedRequest, found: ApiKey, status: int = HTTPStatus.OK, **more: Any
) -> HttpResponse:
    calls = policies.visible(request.user, LlmCall.objects.filter(key_id=found.pk))
    is_program = found.user.kind == User.Kind.SERVICE
    spending = spending_of(found, actor=request.user)
    context = {
        "key": found,
        "is_program": is_program,
        "may_rotate": found.user_id == request.user.pk or is_program,
        "may_see_usage": policies.holds(request.user, "usage.view"),
        "spending": spending,
        "standings": [each for each in limits_of([found], actor=request.user) if each],
        "minute_tokens": spending.minute_tokens if spending else 0,
        "calls": calls[:NEWEST],
        "form": more.pop("form", None) or TermsForm(actor=request.user, key=found),
        "rotation_form": more.pop("rotation_form", None) or RotationForm(),
        **more,
    }
    return render(request, "gateway/keys/detail.html", context, status=status)
