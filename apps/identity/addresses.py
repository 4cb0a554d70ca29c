"""Our own addresses, as they are entered in a provider, and the way there and back by either protocol."""

from django.http import HttpRequest
from django.urls import reverse

from apps.common.types import JSONDict
from apps.identity.models import Attempt, Connection
from apps.identity.oidc import flow as oidc
from apps.identity.saml import endpoints
from apps.identity.saml import flow as saml
from apps.identity.vendors import ACS, ENTITY, METADATA, REDIRECT, START


def redirect_uri(request: HttpRequest, connection: Connection) -> str:
    """Return where the provider sends browsers back; each connection has its own."""
    path = reverse("identity:callback", args=[connection.pk])
    return request.build_absolute_uri(path)


def values(request: HttpRequest, connection: Connection) -> dict[str, str]:
    """Return what is copied into the provider, by the names that the steps use."""
    start = request.build_absolute_uri(reverse("identity:start", args=[connection.pk]))
    if not connection.is_saml:
        return {REDIRECT: redirect_uri(request, connection), START: start}
    ours = endpoints.of(request, connection)
    return {ACS: ours.acs, ENTITY: ours.entity_id, METADATA: ours.entity_id, START: start}


def away(request: HttpRequest, attempt: Attempt, *, hint: str = "", anew: bool = False) -> str:
    """Return the address at the provider that an attempt begins with. Raises SignInRefused.

    `anew`: it is to ask also whom it knows to be signed in.
    """
    if attempt.connection.is_saml:
        return saml.address(attempt, endpoints.of(request, attempt.connection), anew=anew)
    back = redirect_uri(request, attempt.connection)
    return oidc.address(attempt, back=back, hint=hint[:254], anew=anew)


def claims(request: HttpRequest, attempt: Attempt) -> JSONDict:
    """Return what the provider says, from what the browser came back with. Raises SignInRefused."""
    if attempt.connection.is_saml:
        return saml.claims(attempt)
    back = redirect_uri(request, attempt.connection)
    return oidc.claims(attempt, request.GET, back=back)
