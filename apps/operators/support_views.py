"""The page on which a workspace decides whether platform support comes in, and the door itself."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required, public_page
from apps.accounts.proof import proof_required
from apps.accounts.roles import ABOUT
from apps.common.pagination import page_of
from apps.operators import support
from apps.operators.exceptions import EntranceClosed
from apps.operators.models import SupportAccess
from apps.tenants.context import current_tenant, public_scope

STATES = list(SupportAccess.State.choices)


@require_GET
@permission_required(support.PERMISSION)
def accesses(request: AuthenticatedRequest) -> HttpResponse:
    """Show who of platform support asks to come in, is in, and was."""
    policies.require(request.user, support.PERMISSION)  # of a folder alone is not enough
    filters = {name: request.GET.get(name, "") for name in ("q", "state")}
    tenant, text = current_tenant(), filters["q"].strip()
    with public_scope():
        own = SupportAccess.objects.filter(tenant=tenant)
        found = own.filter(Q(staff_email__icontains=text) | Q(reason__icontains=text))
        if filters["state"]:
            found = found.filter(state=filters["state"])
        page = page_of(request, list(found))
        inside, waiting = own.live().count(), own.waiting().count()
    context = {
        "accesses": page,
        "inside": inside,
        "waiting": waiting,
        "filters": filters,
        "applied": 1 if filters["state"] else 0,
        "state_choices": STATES,
        "roles": [(name, name.capitalize(), ABOUT[name]) for name in support.ROLES],
    }
    return render(request, "operators/support.html", context)


@require_POST
@permission_required(support.PERMISSION)
@proof_required
def approve(request: AuthenticatedRequest, access_id: UUID) -> HttpResponse:
    """Let somebody in with the chosen role."""
    access = support.approve(access_id, role=request.POST.get("role", ""), actor=request.user)
    messages.success(request, f"{access.staff_email} is let in for {access.hours} h.")
    return redirect("operators:support")


@require_POST
@permission_required(support.PERMISSION)
def refuse(request: AuthenticatedRequest, access_id: UUID) -> HttpResponse:
    """Let nobody in."""
    support.refuse(access_id, actor=request.user)
    messages.success(request, "Refused. Nobody was let in.")
    return redirect("operators:support")


@require_POST
@permission_required(support.PERMISSION)
def withdraw(request: AuthenticatedRequest, access_id: UUID) -> HttpResponse:
    """Show somebody out."""
    support.withdraw(access_id, actor=request.user)
    messages.success(request, "Platform support is out again.")
    return redirect("operators:support")


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest, access_id: UUID, token: str) -> HttpResponse:
    """Let a member of staff in by their one-time link: looking shows a button, pressing it enters."""
    try:
        access = support.find_entrance(access_id, token)
        if request.method == "POST":
            support.enter(request, access_id, token)
            return redirect("dashboard:home")
    except EntranceClosed:
        return render(request, "operators/enter.html", {"access": None}, status=HTTPStatus.GONE)
    return render(request, "operators/enter.html", {"access": access})
