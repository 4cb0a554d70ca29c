"""Fresh proof: what is sensitive asks whoever does it to show again that it is them.

A sign-in here is a proof for a quarter of an hour. One through a company is none, since its provider
may not have asked anybody: there the person is sent to the provider with the wish to be asked.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import suspend_request
from django.contrib import messages
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import urlencode

PROVED = "proved_at"  # in the session
FRESH_FOR = timedelta(minutes=15)
SAFE = ("GET", "HEAD", "OPTIONS")
View = TypeVar("View", bound=Callable[..., Any])


def renew(session: SessionBase) -> None:
    """Note that somebody showed just now that it is them."""
    session[PROVED] = timezone.now().isoformat()


def withdraw(session: SessionBase) -> None:
    """Note that nobody has shown it."""
    session.pop(PROVED, None)


def is_fresh(session: SessionBase) -> bool:
    """Tell whether somebody showed lately that it is them."""
    proved: str = session.get(PROVED, "")
    return proved != "" and timezone.now() - datetime.fromisoformat(proved) < FRESH_FOR


def proof_required(view: View) -> View:
    """Ask for a fresh proof before a page changes anything; its form is sent on once it is given."""
    return _asking(view, to_open=False)


def proof_required_to_open(view: View) -> View:
    """Ask for it before a page shows or takes a secret; a form that comes late is not kept."""
    return _asking(view, to_open=True)


def _asking(view: View, *, to_open: bool) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = to_open or request.method not in SAFE
        # Strangers are led to the sign-in by what is guarded.
        if asked and request.user.is_authenticated and not is_fresh(request.session):
            return ask(request, keep=not to_open)
        answer: HttpResponseBase = view(request, *args, **kwargs)
        return answer

    guarded.asks_proof = True  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def ask(request: HttpRequest, *, keep: bool) -> HttpResponse:
    """Lead to where somebody shows that it is them, and back."""
    address = str(get_adapter().get_reauthentication_methods(request.user)[0]["url"])
    if keep:
        answer: HttpResponse = suspend_request(request, address)
    else:
        if request.method == "POST":
            messages.info(request, "Nothing was saved, since it may be secret. Enter it once more.")
        answer = redirect(f"{address}?{urlencode({'next': request.get_full_path()})}")
    if not request.headers.get("HX-Request"):
        return answer
    led = HttpResponse(status=HTTPStatus.NO_CONTENT)  # htmx would put the page into a corner
    led["HX-Redirect"] = answer["Location"]
    return led
