"""The sign-in through a company: e-mail first, away to the provider, and back."""

from urllib.parse import urlencode
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.decorators import AuthenticatedRequest, member_required, public_page
from apps.common.errors import TooMany
from apps.common.requests import client_ip
from apps.identity import addresses, admission, attempts, limits, proving, testing
from apps.identity.asserted import read
from apps.identity.exceptions import AssertionRefused, AttemptClosed, NotOpen, SignInRefused
from apps.identity.models import Attempt, Connection, Domain

# What browsers say of a visit to which another site's page led, not the person.
FROM_ELSEWHERE = ("cross-site", "same-site")


class EmailForm(forms.Form):
    """Who somebody says they are; only the domain decides what is offered."""

    email = forms.EmailField(max_length=254)
    next = forms.CharField(max_length=2000, required=False)


@public_page
@never_cache
@require_POST
def discover(request: HttpRequest) -> HttpResponse:
    """Offer the ways in for an address: they depend on its domain, not on whether it is known."""
    limits.LOOKS.count(client_ip(request))
    form = EmailForm(request.POST)
    if not form.is_valid():
        return redirect("account_login")
    email, following = form.cleaned_data["email"], _safe(form.cleaned_data["next"])
    domain = Domain.objects.of_email(email)
    connection = domain.connection if domain else None
    if connection is not None and not connection.is_active:
        connection = None
    query = urlencode({"next": following, "hint": email})
    context = {
        "email": email,
        "following": following,
        "domain": domain if connection else None,
        "connection": connection,
        "start": f"{reverse('identity:start', args=[connection.pk])}?{query}" if connection else "",
    }
    return render(request, "identity/choose.html", context)


@public_page
@never_cache
@require_GET
def start(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Send the browser to the provider; who was led here by another site says first that they want that.

    A provider that asks nothing would sign them in without their doing.
    """
    try:
        connection = _open(request, connection_id)
        if request.headers.get("Sec-Fetch-Site") in FROM_ELSEWHERE:
            context = {"connection": connection, "start": request.get_full_path()}
            return render(request, "identity/begin.html", context)
        following = _safe(request.GET.get("next", ""))
        attempt = attempts.begin(connection, request.session, following=following)
        return redirect(addresses.away(request, attempt, hint=request.GET.get("hint", "")))
    except (SignInRefused, TooMany) as error:
        return refused(request, error)


@public_page
@never_cache
@require_GET
def callback(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Take the answer that the browser brought back, or that was posted for it a moment ago."""
    try:
        limits.ANSWERS.count(client_ip(request))
        attempt = attempts.take(request.GET.get("state", ""), request.session)
        if attempt.connection_id != connection_id:
            raise AttemptClosed
    except (SignInRefused, TooMany) as error:
        return refused(request, error)
    if proving.is_for(attempt, request.session):
        return _proved(request, attempt)
    return _tested(request, attempt) if attempt.is_test else _signed_in(request, attempt)


@never_cache
@require_GET
@member_required
def prove(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Send whoever is signed in to their provider, to show again that it is them."""
    try:
        connection = _open(request, connection_id)
        following = _safe(request.GET.get("next", ""))
        attempt = proving.begin(connection, request.session, following=following)
        return redirect(addresses.away(request, attempt, hint=request.user.email, anew=True))
    except (SignInRefused, TooMany) as error:
        return refused(request, error)


def _open(request: HttpRequest, connection_id: UUID) -> Connection:
    """Return a connection that people sign in through, and count that one is sent there.

    Raises NotOpen, TooMany.
    """
    limits.STARTS.count(client_ip(request))
    connection = Connection.objects.active().filter(pk=connection_id).first()
    if connection is None:
        raise NotOpen
    return connection


def _proved(request: HttpRequest, attempt: Attempt) -> HttpResponse:
    try:
        if not attempt.connection.is_active:
            raise NotOpen
        return proving.finish(request, attempt, addresses.claims(request, attempt))
    except SignInRefused as error:
        return refused(request, error, attempt.connection)


def _signed_in(request: HttpRequest, attempt: Attempt) -> HttpResponse:
    connection, person = attempt.connection, None
    try:
        if not connection.is_active:
            raise NotOpen
        person = read(addresses.claims(request, attempt), connection)
        user = admission.admit(connection, person)
    except SignInRefused as error:
        admission.refuse(connection, person, error)
        return refused(request, error, connection)
    with transaction.atomic():
        # Whoever has a second factor here is still asked for it.
        answer: HttpResponse = perform_login(
            request,
            user,
            redirect_url=attempt.following,
            signal_kwargs={"through": str(connection.pk)},
        )
    return answer


def _tested(request: HttpRequest, attempt: Attempt) -> HttpResponse:
    """Keep what the test found, and show it where the test was begun."""
    try:
        told = testing.report(attempt.connection, addresses.claims(request, attempt))
    except SignInRefused as error:
        told = testing.failed(error)
    testing.finish(attempt, told)
    return redirect(attempt.following)


def refused(
    request: HttpRequest, error: SignInRefused | TooMany, connection: Connection | None = None
) -> HttpResponse:
    """Say why somebody was not signed in, and what to do."""
    hint = error.hint if isinstance(error, SignInRefused) else ""
    again = connection is not None and isinstance(error, AssertionRefused) and connection.is_active
    context = {"error": error, "hint": hint, "connection": connection, "again": again}
    answer = render(request, "identity/refused.html", context, status=error.status)
    for name, value in error.headers.items():
        answer[name] = value
    return answer


def _safe(address: str) -> str:
    """Return where to go afterwards: a place of this very site."""
    return address if address and get_adapter().is_safe_url(address) else "/"
