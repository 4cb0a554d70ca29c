"""The page on which owners end their workspace, or keep it."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required
from apps.common.errors import DomainError
from apps.operators import ends
from apps.operators.facts import facts_of
from apps.operators.forms import EndForm
from apps.retention.holds import anything_is_held
from apps.tenants.context import current_tenant


@require_http_methods(["GET", "POST"])
@permission_required("workspace.manage")
@proof_required
def end(request: AuthenticatedRequest) -> HttpResponse:
    """Show what the end of the workspace would destroy, and schedule it."""
    tenant = current_tenant()
    form = EndForm(request.POST or None, expected=tenant.slug)
    if request.method != "POST" or not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
        return render(request, "operators/end.html", _context(form), status=status)
    asker = ends.Asker.owner(request.user, tenant)
    try:
        ends.schedule(tenant, asker=asker, reason=form.cleaned_data["reason"])
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, "The deletion is scheduled. Every owner was told by mail.")
    return redirect("operators:end")


@require_POST
@permission_required("workspace.manage")
def keep(request: AuthenticatedRequest) -> HttpResponse:
    """Take the end back."""
    tenant = current_tenant()
    deletion = ends.scheduled(tenant)
    if deletion is None:
        messages.info(request, "No deletion is scheduled: the workspace stays as it is.")
    else:
        ends.cancel(deletion, asker=ends.Asker.owner(request.user, tenant))
        messages.success(request, "The workspace stays. Every owner was told by mail.")
    return redirect("operators:end")


def _context(form: EndForm) -> dict[str, Any]:
    tenant = current_tenant()
    return {
        "form": form,
        "deletion": ends.scheduled(tenant),
        "facts": facts_of(tenant),
        "is_held": anything_is_held(),
        "grace_days": ends.grace_days(),
    }
