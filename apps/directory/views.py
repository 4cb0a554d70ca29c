"""Pages of a connection's directory for those who look after the workspace."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required
from apps.accounts.rights_forms import offered_people, person_called
from apps.common.errors import DomainError
from apps.directory import page, services
from apps.directory.forms import CapForm, HeirForm
from apps.directory.models import Token
from apps.identity.models import Connection

PAGE = "directory/overview.html"


@require_GET
@permission_required("connection.view")
def overview(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Show how the directory is set up."""
    return _overview(request, _find(request, connection_id))


@require_GET
@permission_required("connection.view")
def requests(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Show what the directory asked lately, and what came of it."""
    found = _find(request, connection_id)
    context = page.requests(request, found) | _rights(request, found)
    return render(request, "directory/requests.html", context)


@never_cache
@require_POST
@permission_required("connection.manage")
@proof_required
def make_token(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Make a token and show it, once."""
    found = _find(request, connection_id)
    context, status = page.make_token(request, found, actor=request.user)
    return render(request, PAGE, context | _rights(request, found), status=status)


@require_POST
@permission_required("connection.manage")
@proof_required
def revoke_token(
    request: AuthenticatedRequest, connection_id: UUID, token_id: UUID
) -> HttpResponse:
    """End a token."""
    found = _find(request, connection_id)
    token = Token.objects.filter(directory__connection=found, pk=token_id).first()
    if token is not None:
        services.revoke_token(token, actor=request.user)
        messages.success(request, f"The token {token} opens nothing any more.")
    return redirect("directory:overview", found.pk)


@require_POST
@permission_required("connection.manage")
@proof_required
def switch(request: AuthenticatedRequest, connection_id: UUID, way: str) -> HttpResponse:
    """Let what the directory says count, or not any more."""
    found = _find(request, connection_id)
    try:
        services.switch(found, on=way == "on", actor=request.user)
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("directory:overview", found.pk)


@require_POST
@permission_required("connection.manage")
@proof_required
def set_cap(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Choose the most that anybody gets through the directory."""
    found, form = _find(request, connection_id), CapForm(request.POST)
    if not form.is_valid():
        return _overview(request, found, HTTPStatus.UNPROCESSABLE_ENTITY, cap_form=form)
    services.set_cap(found, form.cleaned_data["role"], actor=request.user)
    messages.success(request, "Saved. It counts from the next request of the directory.")
    return redirect("directory:overview", found.pk)


@require_POST
@permission_required("connection.manage")
@proof_required
def set_heir(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Choose who takes over from people whom the directory suspends or removes."""
    found, form = _find(request, connection_id), HeirForm(request.POST)
    if form.is_valid():
        email = form.cleaned_data["heir"]
        try:
            heir = person_called(email, request.user) if email else None
            services.set_heir(found, heir, actor=request.user)
            messages.success(request, "Saved. It counts for who leaves from now on.")
            return redirect("directory:overview", found.pk)
        except DomainError as error:
            form.add_error("heir", error.first)
    return _overview(request, found, HTTPStatus.UNPROCESSABLE_ENTITY, heir_form=form)


def _overview(
    request: AuthenticatedRequest, found: Connection, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    context = page.overview(request, found) | _rights(request, found) | extra
    return render(request, PAGE, context, status=status)


def _rights(request: AuthenticatedRequest, found: Connection) -> dict[str, Any]:
    may_manage = policies.allows(request.user, "manage", found)
    offered = offered_people(request.user) if may_manage else []
    return {"may_manage": may_manage, "offered": offered, "guest": False}


def _find(request: AuthenticatedRequest, connection_id: UUID) -> Connection:
    return policies.find(request.user, Connection.objects.all(), pk=connection_id)
