"""Pages of imports of people: the files that were read, the preview of one, and what came of it."""

from http import HTTPStatus
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required
from apps.common.errors import DomainError
from apps.common.pagination import page_of
from apps.directory.imports import services
from apps.directory.imports.files import LARGEST, UnreadableFile
from apps.directory.imports.forms import FileForm, StartForm
from apps.directory.models import ImportRow, PeopleImport

OUTCOMES = [("joins", "Joins"), ("joined", "Joined"), ("refused", "Does not join")]
Outcome = ImportRow.Outcome


@require_http_methods(["GET", "POST"])
@permission_required("member.manage")
def imports(request: AuthenticatedRequest) -> HttpResponse:
    """Show the files that were read, or read another one."""
    policies.require(request.user, "member.manage")  # on the whole workspace
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            raw = given.read(LARGEST + 1)
            job = services.read_file(name=given.name, raw=raw, actor=request.user)
            return redirect("directory:import", job.pk)
        except UnreadableFile as error:
            form.add_error("file", error.detail)
    found = policies.visible(request.user, PeopleImport.objects.select_related("role", "made_by"))
    text = request.GET.get("q", "")
    context = {
        "imports": page_of(request, _counted(found.filter(file_name__icontains=text.strip()))),
        "any_import": found.exists(),
        "filters": {"q": text},
        "form": form,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "directory/imports.html", context, status=status)


@require_GET
@permission_required("member.manage")
def one_import(request: AuthenticatedRequest, job_id: UUID) -> HttpResponse:
    """Show who joins and who does not, before and after."""
    return _one(request, _find(request, job_id), StartForm())


@require_POST
@permission_required("member.manage")
@proof_required
def start_import(request: AuthenticatedRequest, job_id: UUID) -> HttpResponse:
    """Let the people of a file join."""
    job, form = _find(request, job_id), StartForm(request.POST)
    if form.is_valid():
        try:
            services.start(job, role=form.cleaned_data["role"], actor=request.user)
            return redirect("directory:import", job.pk)
        except DomainError as error:
            form.add_error("role", error.detail)
    return _one(request, job, form, HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
@permission_required("member.manage")
def discard_import(request: AuthenticatedRequest, job_id: UUID) -> HttpResponse:
    """Forget a file that was read."""
    services.discard(_find(request, job_id), actor=request.user)
    return redirect("directory:imports")


def _one(
    request: AuthenticatedRequest, job: PeopleImport, form: StartForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    filters = {name: request.GET.get(name, "") for name in ("q", "outcome")}
    rows = ImportRow.objects.filter(job=job)
    found = rows.matching(text=filters["q"].strip(), outcome=filters["outcome"])
    context = {
        "job": _counted(PeopleImport.objects.filter(pk=job.pk)).get(),
        "rows": page_of(request, found.order_by("number"), 50),
        "filters": filters,
        "applied": int(bool(filters["outcome"])),
        "outcome_choices": OUTCOMES,
        "form": form,
    }
    return render(request, "directory/import.html", context, status=status)


def _counted(jobs: "QuerySet[PeopleImport]") -> "QuerySet[PeopleImport]":
    """Add how many join, joined and do not."""
    counts = {
        f"{outcome.value}_count": Count("rows", filter=Q(rows__outcome=outcome))
        for outcome in Outcome
    }
    return jobs.annotate(**counts).order_by("-created_at")


def _find(request: AuthenticatedRequest, job_id: UUID) -> PeopleImport:
    return policies.find(
        request.user, PeopleImport.objects.select_related("role", "made_by"), pk=job_id
    )
