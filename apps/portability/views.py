"""Pages of archives: what there is, asking for one, and the file itself."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required, proof_required_to_open
from apps.common.errors import DomainError, Forbidden
from apps.common.pagination import page_of
from apps.files import sending
from apps.portability import services
from apps.portability.contents import KEPT, LEFT_OUT
from apps.portability.forms import ExportForm
from apps.portability.models import Export

STATES = [
    ("ready", "Ready"),
    ("going", "Being written"),
    ("expired", "Expired"),
    ("cancelled", "Cancelled"),
    ("failed", "Failed"),
]


@require_GET
@permission_required("archive.view")
def archives(request: AuthenticatedRequest) -> HttpResponse:
    """Show the archives, and how far each is."""
    policies.require(request.user, "archive.view")  # on the whole workspace
    return _archives(request, ExportForm())


def _archives(
    request: AuthenticatedRequest, form: ExportForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    every = policies.visible(request.user, Export.objects.select_related("started_by"))
    filters = {"state": request.GET.get("state", "")}
    context = {
        "exports": page_of(request, every.in_state(filters["state"])),
        "filters": filters,
        "state_choices": STATES,
        "running": every.unfinished().exists(),
        "form": form,
        "may_manage": policies.holds(request.user, "archive.manage"),
        "list_url": reverse("portability:archives"),
    }
    return render(request, "portability/archives.html", context, status=status)


@require_GET
@permission_required("archive.view")
def contents(request: AuthenticatedRequest) -> HttpResponse:
    """Show what an archive holds and what not, with the reasons."""
    return render(request, "portability/contents.html", {"kept": KEPT, "left_out": LEFT_OUT})


@require_POST
@permission_required("archive.manage")
@proof_required
def start(request: AuthenticatedRequest) -> HttpResponse:
    """Have the workspace written as an archive."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        return _archives(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        services.start_export(actor=request.user, passphrase=form.cleaned_data["passphrase"])
    except Forbidden:
        raise
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("portability:archives")


@require_POST
@permission_required("archive.manage")
def cancel(request: AuthenticatedRequest, export_id: UUID) -> HttpResponse:
    """End an archive that is being written."""
    services.cancel_export(export_id, actor=request.user)
    return redirect("portability:archives")


@require_POST
@permission_required("archive.manage")
@proof_required
def delete(request: AuthenticatedRequest, export_id: UUID) -> HttpResponse:
    """Delete an archive."""
    services.delete_export(export_id, actor=request.user)
    messages.success(request, "The archive is deleted.")
    return redirect("portability:archives")


@require_GET
@permission_required("archive.manage")
@proof_required_to_open
def file(request: AuthenticatedRequest, export_id: UUID) -> StreamingHttpResponse:
    """Send an archive piece by piece; a piece is in memory at a time."""
    export = services.open_export(export_id, actor=request.user)
    return sending.whole(export.pieces, name=f"{export}", media_type="application/zip")
