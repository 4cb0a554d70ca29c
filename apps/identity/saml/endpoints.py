"""Our own addresses for one provider: each connection is a service provider of its own."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from apps.identity.models import Connection


@dataclass(frozen=True)
class Endpoints:
    """Where answers are taken, and what we are called: the address of our metadata."""

    acs: str
    entity_id: str


def of(request: HttpRequest, connection: Connection) -> Endpoints:
    """Return the addresses as this site's people write them."""
    acs, entity_id = (
        request.build_absolute_uri(reverse(f"identity:{name}", args=[connection.pk]))
        for name in ("acs", "metadata")
    )
    return Endpoints(acs, entity_id)
