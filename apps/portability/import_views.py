"""Pages of archives that come in: sending one, how far it is, what came and what did not, the history."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required
from apps.common.errors import DomainError, Forbidden
from apps.common.pagination import page_of
from apps.portability import emptiness, receiving
from apps.portability.forms import FileForm, StartForm
from apps.portability.models import FormerEntry, Import


@require_http_methods(["GET", "POST"])
@permission_required("archive.manage")
def imports(request: AuthenticatedRequest) -> HttpResponse:
    """Show the archives that came in, or keep one that is sent at once; a script sends larger ones in pieces."""
    policies.require(request.user, "archive.manage")  # on the whole workspace
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            job = receiving.begin_import(actor=request.user, file_name=given.name)
            for number, piece in enumerate(given.chunks(receiving.MOST_PIECE), start=1):
                receiving.add_piece(job.pk, number, piece, actor=request.user)
            return redirect("portability:import", job.pk)
        except Forbidden:
            raise
        except DomainError as error:
            form.add_error("file", error.detail)
    every = policies.visible(request.user, Import.objects.select_related("started_by"))
    text = request.GET.get("q", "")
    context = {
        "imports": page_of(request, every.matching(text.strip())),
        "any_import": every.exists(),
        "filters": {"q": text},
        "form": form,
        "made": emptiness.found(),
        "piece_bytes": receiving.MOST_PIECE,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "portability/imports.html", context, status=status)


@require_GET
@permission_required("archive.manage")
def one_import(request: AuthenticatedRequest, job_id: UUID) -> HttpResponse:
    """Show how far it is, and then what came in, what did not, and why."""
    return _one(request, _find(request, job_id), StartForm())


@require_POST
@permission_required("archive.manage")
@proof_required
def start_import(request: AuthenticatedRequest, job_id: UUID) -> HttpResponse:
    """Have an archive that was sent come in."""
    job, form = _find(request, job_id), StartForm(request.POST)
    if form.is_valid():
        try:
            receiving.start_import(
                job.pk, actor=request.user, passphrase=form.cleaned_data["passphrase"]
            )
            return redirect("portability:import", job.pk)
        except Forbidden:
            raise
        except DomainError as error:
            form.add_error(None, error.detail)
    return _one(request, job, form, HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
@permission_required("archive.manage")
def cancel_import(request: AuthenticatedRequest, job_id: UUID) -> HttpResponse:
    """End an import that is not over, or forget what was sent."""
    receiving.cancel_import(job_id, actor=request.user)
    messages.success(request, "Nothing of the archive came in.")
    return redirect("portability:imports")


@require_GET
@permission_required("audit.view")
def history(request: AuthenticatedRequest) -> HttpResponse:
    """Show the trail of the workspace that an archive is of; it is no part of the trail here."""
    policies.require(request.user, "audit.view")
    found = policies.visible(request.user, FormerEntry.objects.select_related("job"))
    text = request.GET.get("q", "")
    context = {
        "entries": page_of(request, found.matching(text.strip())),
        "any_entry": found.exists(),
        "filters": {"q": text},
        "list_url": reverse("portability:history"),
    }
    return render(request, "portability/history.html", context)


def _one(
    request: AuthenticatedRequest, job: Import, form: StartForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    came = (job.report or {}).get("came", {})
    context = {
        "job": job,
        "form": form,
        "made": emptiness.found() if job.status == Import.Status.UPLOADING else [],
        "came": [{"kind": kind, "count": count} for kind, count in sorted(came.items())],
        "list_url": reverse("portability:import", args=[job.pk]),
    }
    return render(request, "portability/import.html", context, status=status)


def _find(request: AuthenticatedRequest, job_id: UUID) -> Import:
    jobs = Import.objects.select_related("started_by")
    return policies.find(request.user, jobs, pk=job_id)
