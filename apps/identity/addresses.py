"""Our own addresses, as they are entered in a provider, and the one where its part begins."""

from django.http import HttpRequest
from django.urls import reverse

from apps.identity.models import Attempt, Connection
from apps.identity.oidc import flow
from apps.identity.vendors import REDIRECT


def redirect_uri(request: HttpRequest, connection: Connection) -> str:
    """Return where the provider sends browsers back; each connection has its own."""
    path = reverse("identity:callback", args=[connection.pk])
    return request.build_absolute_uri(path)


def values(request: HttpRequest, connection: Connection) -> dict[str, str]:
    """Return what is copied into the provider, by the names that the steps use."""
    return {REDIRECT: redirect_uri(request, connection)}


def away(request: HttpRequest, attempt: Attempt, *, hint: str = "", anew: bool = False) -> str:
    """Return the address at the provider that an attempt begins with. Raises SignInRefused.

    `anew`: it is to ask also whom it knows to be signed in.
    """
    back = redirect_uri(request, attempt.connection)
    return flow.address(attempt, back=back, hint=hint[:254], anew=anew)
