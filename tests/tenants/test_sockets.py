"""Who may open a socket at all, before anything of a message is read."""

from typing import Any

import pytest
from channels.routing import URLRouter
from django.urls import path

from apps.tenants.consumers import TenantConsumer, TenantSockets
from apps.tenants.context import public_scope
from apps.tenants.models import Tenant
from tests.factories.sockets import Socket

pytestmark = pytest.mark.django_db(transaction=True)
HOST = "alpha.localhost:8000"


class Open(TenantConsumer):
    """Accepts whoever got so far."""


@pytest.fixture
def application(transactional_db: None) -> Any:
    view: Any = Open.as_asgi()
    return TenantSockets(URLRouter([path("ws/open", view)]))


@pytest.mark.parametrize(
    ("host", "origin", "code"),
    [
        (HOST, f"http://{HOST}", None),
        (HOST, f"http://{HOST.upper()}", None),
        (HOST, "http://evil.example", 4403),
        (HOST, "http://beta.localhost:8000", 4403),
        (HOST, "http://alpha.localhost:9999", 4403),
        (HOST, f"http://{HOST}.evil.example", 4403),
        (HOST, "null", 4403),
        (HOST, "http://[", 4403),
        (HOST, "", 4403),
        ("nobody.localhost", "http://nobody.localhost", 4404),
        ("www.localhost", "http://www.localhost", 4404),
    ],
)
async def test_sockets_are_same_origin(
    application: Any, host: str, origin: str, code: int | None
) -> None:
    assert await Socket(application, "/ws/open", host=host, origin=origin).connect() == code


def test_a_suspended_workspace_has_no_sockets(application: Any) -> None:
    from asgiref.sync import async_to_sync

    with public_scope():
        Tenant.objects.filter(slug="alpha").update(status=Tenant.Status.SUSPENDED)
    try:
        assert async_to_sync(Socket(application, "/ws/open", host=HOST).connect)() == 4404
    finally:
        with public_scope():
            Tenant.objects.filter(slug="alpha").update(status=Tenant.Status.ACTIVE)
