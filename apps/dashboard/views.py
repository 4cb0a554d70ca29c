"""The home page, and the theme switch of the frame."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.decorators import AuthenticatedRequest, member_required, public_page
from apps.dashboard.shell import THEMES, theme_cookie

YEAR_S = 365 * 24 * 3600


@require_GET
@member_required
def home(request: AuthenticatedRequest) -> HttpResponse:
    """Show what waits, what runs and what was worked on last."""
    return render(request, "dashboard/home.html")


@public_page
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme on this device and go back."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        return HttpResponse(status=HTTPStatus.UNPROCESSABLE_ENTITY)
    back = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    answer = redirect(back if safe else "/")
    answer.set_cookie(
        theme_cookie(request),
        chosen,
        max_age=YEAR_S,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return answer
