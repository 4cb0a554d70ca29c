"""Pages of certificates: the provider's, which are accepted, and our own, which signs our requests."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required
from apps.common.errors import DomainError
from apps.identity import pinning, setup
from apps.identity.models import Connection
from apps.identity.saml import keys
from apps.identity.saml.forms import CertificateForm
from apps.identity.views import frame


@require_POST
@permission_required("connection.manage")
@proof_required
def add_certificate(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Accept another certificate of the provider."""
    found, form = _find(request, connection_id), CertificateForm(request.POST)
    if form.is_valid():
        try:
            pinning.pin(found, form.cleaned_data["certificate"], actor=request.user)
            messages.success(request, "The certificate is accepted from now on.")
            return redirect("identity:details", found.pk)
        except DomainError as error:
            form.add_error("certificate", error.detail)
    context = setup.details_context(request, found) | frame(request, found, "details")
    context["certificate_form"] = form
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "identity/details.html", context, status=status)


@require_POST
@permission_required("connection.manage")
@proof_required
def remove_certificate(
    request: AuthenticatedRequest, connection_id: UUID, fingerprint: str
) -> HttpResponse:
    """Accept a certificate of the provider no more."""
    found = _find(request, connection_id)
    try:
        pinning.unpin(found, fingerprint, actor=request.user)
        messages.success(request, "The certificate is not accepted any more.")
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("identity:details", found.pk)


@require_POST
@permission_required("connection.manage")
@proof_required
def prepare_key(request: AuthenticatedRequest) -> HttpResponse:
    """Make the next key of ours and publish it."""
    try:
        keys.prepare(actor=request.user)
        messages.success(request, "The next key is in our metadata. Let every provider read them.")
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("identity:overview")


@require_POST
@permission_required("connection.manage")
@proof_required
def switch_key(request: AuthenticatedRequest) -> HttpResponse:
    """Sign with the next key of ours."""
    try:
        keys.switch(actor=request.user)
        messages.success(request, "Requests are signed with the new key from now on.")
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("identity:overview")


def _find(request: AuthenticatedRequest, connection_id: UUID) -> Connection:
    everything = Connection.objects.saml().select_related("default_role")
    return policies.find(request.user, everything, pk=connection_id)
