"""The directory's pages for the company's administrator, who has a set-up link and no account here."""

from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.decorators import public_page
from apps.directory import page, services
from apps.directory.models import Token
from apps.identity.exceptions import SetupClosed
from apps.identity.models import SetupLink
from apps.identity.setup_views import closed, opened_link


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Show how the directory is set up, or make a token and show it, once."""
    try:
        link = opened_link(request)
        if request.method == "POST":
            context, status = page.make_token(request, link.connection, actor=link)
        else:
            context, status = page.overview(request, link.connection), HTTPStatus.OK
    except SetupClosed as error:
        return closed(request, error)
    return render(request, "directory/setup_overview.html", context | _guest(link), status=status)


@public_page
@never_cache
@require_POST
def revoke_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """End a token, as long as none counts."""
    try:
        link = opened_link(request)
        token = Token.objects.filter(directory__connection=link.connection_id, pk=token_id).first()
        if token is not None:
            services.revoke_token(token, actor=link)
    except SetupClosed as error:
        return closed(request, error)
    return redirect("directory:setup")


@public_page
@never_cache
@require_GET
def requests(request: HttpRequest) -> HttpResponse:
    """Show what the directory asked lately, and what came of it."""
    try:
        link = opened_link(request)
    except SetupClosed as error:
        return closed(request, error)
    context = page.requests(request, link.connection) | _guest(link)
    return render(request, "directory/setup_requests.html", context)


def _guest(link: SetupLink) -> page.Context:
    return {"may_manage": False, "guest": True, "link": link}
