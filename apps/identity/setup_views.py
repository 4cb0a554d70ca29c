"""Set-up by the company's administrator, who has a link and no account here.

The link is opened once and then belongs to the browser that opened it, for a day. It enters and
tests the settings of its one connection; what it decides beside that is in `guest_views`.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.decorators import public_page
from apps.common.errors import TooMany
from apps.common.requests import client_ip
from apps.identity import limits, setup, setup_links
from apps.identity.exceptions import SetupClosed
from apps.identity.models import SetupLink

IN_SESSION = "identity_setup"


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def open_setup(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link is for; pressing the button uses it up, looking does not."""
    try:
        limits.SETUPS.count(client_ip(request))
        if request.method == "POST":
            link = setup_links.open_once(token)
            request.session.cycle_key()  # a planted session must not be let in
            request.session[IN_SESSION] = str(link.pk)
            return redirect("identity:setup")
        link = setup_links.find(token)
    except (SetupClosed, TooMany) as error:
        return closed(request, error)
    return render(request, "identity/setup_open.html", {"link": link})


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Show what is exchanged with the provider, or save it."""
    try:
        link = opened_link(request)
        if request.method == "POST":  # each may have the provider's address asked
            limits.ENTRIES.count(client_ip(request))
        page = setup.details(request, link.connection, actor=link)
    except (SetupClosed, TooMany) as error:
        return closed(request, error)
    if page.saved:
        return redirect("identity:setup_test")
    context = page.context | frame(link, "details")
    return render(request, "identity/setup_details.html", context, status=page.status)


@public_page
@never_cache
@require_GET
def test(request: HttpRequest) -> HttpResponse:
    """Show what the last test received."""
    try:
        link = opened_link(request)
    except SetupClosed as error:
        return closed(request, error)
    context = setup.test_context(request, link.connection, link) | frame(link, "test")
    return render(request, "identity/setup_test.html", context)


@public_page
@never_cache
@require_GET
def begin_test(request: HttpRequest) -> HttpResponse:
    """Sign in at the provider without signing in here."""
    try:
        link = opened_link(request)
        limits.STARTS.count(client_ip(request))
    except (SetupClosed, TooMany) as error:
        return closed(request, error)
    following = reverse("identity:setup_test")
    return redirect(setup.begin_test(request, link.connection, following=following))


def opened_link(request: HttpRequest) -> SetupLink:
    """Return the link that this browser opened. Raises SetupClosed."""
    known = request.session.get(IN_SESSION)
    if not known:
        raise SetupClosed
    return setup_links.opened(known)


def frame(link: SetupLink, step: str) -> setup.Context:
    """Return what the frame of the pages shows."""
    return setup.frame(link.connection, step) | {"may_manage": False, "guest": True, "link": link}


def closed(request: HttpRequest, error: SetupClosed | TooMany) -> HttpResponse:
    """Say that the link lets nobody in."""
    answer = render(request, "identity/setup_closed.html", {"error": error}, status=error.status)
    for name, value in error.headers.items():
        answer[name] = value
    return answer
