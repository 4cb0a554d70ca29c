"""The platform API from where it may not be reached: every route, by everybody who is no key of it.

A workspace's owner by session and by key, on the administration's host and on their own; staff by
session; keys without the scope; strangers. The table of requests fails for a route without a row.
"""

import json

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import create_api_key
from apps.audit.models import AuditEntry
from apps.dispatch.models import TenantLoad
from apps.operators.api.views import PlatformAPIView
from apps.operators.models import Deletion
from apps.tenants.context import public_scope
from apps.tenants.models import Tenant
from tests.factories.browsers import browser, staff_browser
from tests.factories.operators import HOST, platform_key
from tests.factories.routes import routes
from tests.isolation.probe import JSON

REASON = {"reason": "why"}
ONE = "01920000-0000-7000-8000-000000000000"
ROWS: dict[tuple[str, str], object] = {
    ("GET", "tenants/"): None,
    ("POST", "tenants/"): {"slug": "mine-now", "name": "Mine", "owner_email": "m@m.example"},
    ("GET", "tenants/alpha/"): None,
    ("PATCH", "tenants/alpha/limits/"): {"weight": 9},
    ("POST", "tenants/alpha/owner/"): {"email": "m@m.example"},
    ("POST", "tenants/alpha/suspend/"): REASON,
    ("POST", "tenants/alpha/resume/"): REASON,
    ("GET", "deletions/"): None,
    ("POST", "deletions/"): {"slug": "alpha", "reason": "mine", "grace_days": 0},
    ("GET", f"deletions/{ONE}/"): None,
    ("POST", f"deletions/{ONE}/cancel/"): None,
    ("GET", f"deletions/{ONE}/certificate/"): None,
}


def test_every_route_has_a_row() -> None:
    served = {
        (method, _path(route.pattern))
        for route in routes("auterity.urls_admin")
        if route.api is not None and issubclass(route.api, PlatformAPIView)
        for method in route.methods
    }
    assert served == set(ROWS)


def _path(pattern: str) -> str:
    named = pattern.replace("<slug:slug>", "alpha").replace("<uuid:pk>", ONE)
    return named.removeprefix("api/v1/")


@pytest.fixture
def callers(alice: User) -> dict[str, Client]:
    """Return everybody who may not, by who they are."""
    _, theirs = create_api_key(name="k", role="owner", user=alice, actor=alice)
    _, ours = platform_key()
    owner = browser(alice)
    owner.defaults["HTTP_HOST"] = HOST
    return {
        "a stranger": Client(HTTP_HOST=HOST),
        "an owner by session": owner,
        "an owner by key": Client(HTTP_HOST=HOST, HTTP_AUTHORIZATION=f"Bearer {theirs}"),
        "staff by session": staff_browser(),
        "an owner by key at home": Client(
            HTTP_HOST="alpha.localhost", HTTP_AUTHORIZATION=f"Bearer {theirs}"
        ),
        "a platform key in a workspace": Client(
            HTTP_HOST="alpha.localhost", HTTP_AUTHORIZATION=f"Bearer {ours}"
        ),
        "a platform key on the public site": Client(
            HTTP_HOST="www.localhost", HTTP_AUTHORIZATION=f"Bearer {ours}"
        ),
    }


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_nobody_else_is_answered(row: tuple[str, str], callers: dict[str, Client]) -> None:
    method, path = row
    body = "" if ROWS[row] is None else json.dumps(ROWS[row])
    for who, client in callers.items():
        answer = client.generic(method, f"/api/v1/{path}", body, content_type=JSON)
        assert answer.status_code in {401, 404}, who
        assert "Alpha" not in answer.content.decode(), who
    with public_scope():
        assert Tenant.objects.filter(status=Tenant.Status.ACTIVE).count() == 2
        assert not TenantLoad.objects.exists()
        assert not Deletion.objects.exists()
        assert not AuditEntry.objects.filter(action__startswith="workspace.").exists()
