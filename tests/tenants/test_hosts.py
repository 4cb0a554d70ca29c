"""From host names to sites."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.accounts import keys, services
from apps.accounts.models import User
from apps.tenants import hosts
from apps.tenants.context import public_scope
from apps.tenants.hosts import Site, resolve
from apps.tenants.models import Domain, Tenant
from apps.tenants.services import resume_tenant, suspend_tenant


@pytest.mark.parametrize(
    ("host", "site", "slug"),
    [
        ("alpha.localhost:8000", Site.TENANT, "alpha"),
        ("ALPHA.localhost", Site.TENANT, "alpha"),
        ("www.localhost:8000", Site.PUBLIC, None),
        ("admin.localhost", Site.ADMIN, None),
        ("nobody.localhost", Site.UNKNOWN, None),
        ("alpha.localhost.evil.example", Site.UNKNOWN, None),
        ("", Site.UNKNOWN, None),
        ("[::1]:8000", Site.UNKNOWN, None),
        ("x" * 300, Site.UNKNOWN, None),
    ],
)
def test_resolve(db: None, host: str, site: Site, slug: str | None) -> None:
    found = resolve(host)
    assert found.site is site
    assert (found.tenant.slug if found.tenant else None) == slug


def test_own_domain(alpha: Tenant) -> None:
    with public_scope():
        Domain.objects.create(domain="flows.example.com", tenant=alpha)
    assert resolve("flows.example.com").tenant == alpha


def test_unknown_hosts_fill_no_memory(db: None) -> None:
    for number in range(50):
        resolve(f"stranger-{number}.localhost")
    assert hosts._known == {}


def test_on_loopback_a_wrong_key_costs_the_same_whoever_has_its_id(
    alice: User, alpha: Tenant, settings: Settings
) -> None:
    settings.DEMO_TENANT = alpha.slug
    text = services.create_api_key(name="k", role="viewer", user=alice, actor=alice)[1]
    key_id = keys.split(text)[0]
    hosts.destination("localhost", f"Bearer {text}")
    hosts.resolve("localhost")

    def cost(key_id: str) -> list[int]:
        counts = []
        for secret in ("a" * 43, "b" * 43, "b" * 43):  # another one, and one that comes again
            with CaptureQueriesContext(connection) as queries:
                found = hosts.destination("localhost", f"Bearer aut_{key_id}_{secret}")
            assert found.tenant == alpha
            counts.append(len(queries))
        return counts

    of_somebody = cost(key_id)
    assert of_somebody == cost("aaaaaaaa")
    assert of_somebody[0] == of_somebody[1] > of_somebody[2] == 0


def test_unknown_keys_fill_no_memory(
    alpha: Tenant, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEMO_TENANT = alpha.slug
    monkeypatch.setattr(hosts, "MOST_REMEMBERED", 5)
    for number in range(20):
        hosts.destination("localhost", f"Bearer aut_{number:08}_{'a' * 43}")
    assert len(hosts._known) <= 5


def test_unknown_host_names_no_workspace(db: None, client: Client) -> None:
    answer = client.get("/", headers={"host": "nobody.localhost"})
    assert answer.status_code == 404
    assert b"alpha" not in answer.content.lower()
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    problem = client.get("/api/v1/workflows/", headers={"host": "nobody.localhost"})
    assert problem["Content-Type"] == "application/problem+json"


def test_suspended_workspace_is_closed(alpha: Tenant, client: Client) -> None:
    suspend_tenant(alpha)
    hosts.forget()
    assert client.get("/", headers={"host": "alpha.localhost"}).status_code == 404
    resume_tenant(alpha)
