"""Owners give a set-up link away, with what it may do, and confirm what it switched on."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required, proof_required_to_open
from apps.common.errors import DomainError
from apps.identity import entrusted, services, setup_links
from apps.identity.forms import SetupLinkForm
from apps.identity.models import Connection
from apps.identity.views import frame


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("connection.manage")
@proof_required_to_open
def setup_link(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Choose what a link may do, make it, and show it once."""
    found = _find(request, connection_id)
    domain = found.domains.order_by("name").first()
    given = request.POST if request.method == "POST" else None  # it may be empty
    form = SetupLinkForm(given, initial={"domain": domain.name if domain else ""})
    if request.method == "POST" and form.is_valid():
        terms = setup_links.Terms(**form.cleaned_data)
        try:
            link, token = setup_links.create(found, actor=request.user, terms=terms)
        except DomainError as error:
            _blame(form, error)
        else:
            address = request.build_absolute_uri(reverse("identity:open_setup", args=[token]))
            context = {"link": link, "link_address": address}
            return _page(request, found, HTTPStatus.CREATED, form=form, **context)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return _page(request, found, status, form=form)


@require_POST
@permission_required("connection.manage")
@proof_required
def confirm(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Let those in too who hold more than the link that switched it on gave."""
    found = _find(request, connection_id)
    services.confirm(found, actor=request.user)
    messages.success(request, f"Everybody of its domains can sign in with {found} now.")
    return redirect("identity:test", found.pk)


def _blame(form: SetupLinkForm, error: DomainError) -> None:
    for each in error.errors:
        form.add_error(each["field"], each["message"])
    if not error.errors:
        form.add_error(None, error.detail)


def _page(
    request: AuthenticatedRequest, found: Connection, status: int, **extra: object
) -> HttpResponse:
    context = frame(request, found, "link") | {
        "may_entrust": found.status == Connection.Status.DRAFT,
        "is_ready_for_emergency": entrusted.owners_in_emergency(),
        **extra,
    }
    return render(request, "identity/setup_link.html", context, status=status)


def _find(request: AuthenticatedRequest, connection_id: UUID) -> Connection:
    everything = Connection.objects.select_related("default_role", "ceiling")
    return policies.find(request.user, everything, pk=connection_id)
