"""From host names to sites."""

import pytest
from django.test import Client

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
