"""Pages of exports: one's own, and the file itself."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required
from apps.common.errors import DomainError
from apps.common.pagination import page_of
from apps.files import sending
from apps.oversight import services
from apps.oversight.forms import ExportForm
from apps.oversight.models import Export

MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


@require_GET
@permission_required("audit.view")
def exports(request: AuthenticatedRequest) -> HttpResponse:
    """Show one's own exports, and how far they are."""
    own = policies.visible(request.user, Export.objects.all())
    filters = {"format": request.GET.get("format", "")}
    kept = own.filter(format=filters["format"]) if filters["format"] else own
    context = {
        "exports": page_of(request, kept),
        "filters": filters,
        "format_choices": [("jsonl", "JSON"), ("csv", "CSV")],
        "running": own.unfinished().exists(),
    }
    return render(request, "oversight/exports.html", context)


@require_POST
@permission_required("audit.view")
@proof_required
def start(request: AuthenticatedRequest) -> HttpResponse:
    """Have entries written to a file."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the formats.")
        return redirect("oversight:trail")
    filters = {name: str(value) for name, value in request.POST.items()}
    try:
        services.start_export(
            actor=request.user, format=form.cleaned_data["format"], filters=filters
        )
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("oversight:exports")


@require_GET
@permission_required("audit.view")
def file(request: AuthenticatedRequest, export_id: UUID) -> StreamingHttpResponse:
    """Send an export piece by piece; a piece is in memory at a time."""
    export = services.open_export(export_id, actor=request.user)
    return sending.whole(export.pieces, name=f"{export}", media_type=MEDIA[export.format])
