"""Showing a withheld value on the page of its run, and erasing what is withheld."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import Conflict, Invalid
from apps.runs import services


@require_POST
@never_cache
@permission_required("data.reveal")
def reveal(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Show one value in the place of its placeholder."""
    run = services.find_run(run_id, actor=request.user)
    try:
        [shown] = services.reveal(
            run, actor=request.user, placeholders=[request.POST.get("value", "")]
        )
    except Invalid as error:
        return HttpResponse(error.detail, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return render(request, "runs/_revealed.html", {"shown": shown})


@require_POST
@permission_required("data.erase")
def erase(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Erase what is withheld."""
    run = services.find_run(run_id, actor=request.user)
    try:
        count = services.erase(run, actor=request.user)
    except Conflict as error:
        messages.error(request, error.detail)
    else:
        values = "One value is" if count == 1 else f"{count} values are"
        messages.success(request, f"{values} erased. Nobody can tell any more what stood there.")
    return redirect("runs:detail", run.pk)
