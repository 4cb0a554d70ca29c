"""The page of evidence packs: asked for, followed, fetched, deleted."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required
from apps.common.errors import Conflict, DomainError, Invalid
from apps.common.forms import blame
from apps.common.pagination import page_of
from apps.evidence import services
from apps.evidence.filters import FIELDS, packs_in
from apps.evidence.forms import PackForm
from apps.evidence.mapping import MAPPING
from apps.evidence.models import Pack
from apps.files import sending

STATUS_CHOICES = [
    ("queued", "queued"), ("running", "being written"), ("done", "ready"), ("cancelled", "cancelled"),
]  # fmt: skip


@require_GET
@permission_required("evidence.view")
def list_(request: AuthenticatedRequest) -> HttpResponse:
    """Show the packs, and how far they are."""
    return _list(request)


@require_POST
@permission_required("evidence.manage")
@proof_required
def start(request: AuthenticatedRequest) -> HttpResponse:
    """Have a pack written."""
    form = PackForm(request.POST)
    if form.is_valid():
        try:
            services.start_pack(actor=request.user, **form.period)
            return redirect("evidence:list")
        except (Conflict, Invalid) as error:
            blame(form, error, since="first", until="last")
    return _list(request, HTTPStatus.UNPROCESSABLE_ENTITY, form=form)


@require_POST
@permission_required("evidence.view")
@proof_required
def file(request: AuthenticatedRequest, pack_id: UUID) -> StreamingHttpResponse:
    """Hand a pack out."""
    pack = services.open_pack(pack_id, actor=request.user)
    return sending.whole(pack.parts, name=f"{pack}", media_type="application/zip")


@require_POST
@permission_required("evidence.manage")
def cancel(request: AuthenticatedRequest, pack_id: UUID) -> HttpResponse:
    """Give a pack up while it is written."""
    pack = services.find_pack(pack_id, actor=request.user)
    try:
        services.cancel(pack, actor=request.user)
        messages.success(request, "Given up. What was written of it is gone.")
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("evidence:list")


@require_POST
@permission_required("evidence.manage")
@proof_required
def delete(request: AuthenticatedRequest, pack_id: UUID) -> HttpResponse:
    """Delete a pack."""
    pack = services.find_pack(pack_id, actor=request.user)
    try:
        services.delete(pack, actor=request.user)
        messages.success(request, "Deleted.")
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("evidence:list")


def _list(request: AuthenticatedRequest, status: int = HTTPStatus.OK, **extra: Any) -> HttpResponse:
    filters = {name: request.GET.get(name, "").strip() for name in FIELDS}
    seen = policies.visible(request.user, Pack.objects.select_related("asked_by"))
    wrong = ""
    try:
        found = packs_in(seen, filters)
    except Invalid as error:
        found, wrong, status = seen.none(), error.first, error.status
    context = {
        "page": page_of(request, found),
        "filters": filters,
        "applied": 1 if filters["status"] else 0,
        "wrong": wrong,
        "any_pack": seen.exists(),
        "running": seen.unfinished().exists(),
        "mine": seen.unfinished().filter(asked_by=request.user).exists(),
        "status_choices": STATUS_CHOICES,
        "mapping": MAPPING,
        "may_manage": policies.holds(request.user, "evidence.manage"),
        "form": PackForm(),
        **extra,
    }
    return render(request, "evidence/list.html", context, status=status)
