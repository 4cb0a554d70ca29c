"""From where people sign in: looked at before a password is, and in the end for every other way in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts import refusals
from apps.accounts.exceptions import OutsideNetworks
from apps.accounts.models import SignInRules
from apps.common.requests import client_ip

View = Callable[..., HttpResponse]


def refused(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to who comes from elsewhere; None for everybody else."""
    address = client_ip(request)
    if SignInRules.objects.now().let_in(address):
        return None
    error = OutsideNetworks(address)
    return render(request, "403.html", {"error": error}, status=error.status)


def place_first(view: View) -> View:
    """Answer who sends a form from elsewhere before an address or a password of it is looked at.

    So the answer tells nobody there whether a password is right, or who is here: it is the same
    for all. It is no exception, which would take the entry of the trail with it.
    """

    @wraps(view)
    def look(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = refused(request) if request.method == "POST" else None
        if answer is None:
            return view(request, *args, **kwargs)
        refusals.note_sign_in(request.POST.get("login", ""), OutsideNetworks.code)
        return answer

    return look
