"""The people of the tests: Alice owns, Bob builds, Oscar operates, Vera views, Mallory is elsewhere."""

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services import add_member
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant


def member(name: str, role: str) -> User:
    """Make a member of the current workspace."""
    email = f"{name.lower()}@{role}.example"
    return add_member(email=email, name=name, role=role, password="correct horse 7")


@pytest.fixture
def alice(alpha: Tenant) -> User:
    return member("Alice", "owner")


@pytest.fixture
def bob(alpha: Tenant) -> User:
    return member("Bob", "builder")


@pytest.fixture
def oscar(alpha: Tenant) -> User:
    return member("Oscar", "operator")


@pytest.fixture
def vera(alpha: Tenant) -> User:
    return member("Vera", "viewer")


@pytest.fixture
def mallory(alpha: Tenant, beta: Tenant) -> User:
    """The owner of the other workspace."""
    with tenant_context(beta):
        user = member("Mallory", "owner")
        assert user.bindings
    return user


def api_client(user: User, tenant: str = "alpha") -> APIClient:
    """Return a client signed in by session, on the workspace's host."""
    client = APIClient(HTTP_HOST=f"{tenant}.localhost")
    client.force_login(user)
    return client


def key_client(text: str, host: str = "alpha.localhost") -> APIClient:
    """Return a client with an API key."""
    return APIClient(HTTP_HOST=host, HTTP_AUTHORIZATION=f"Bearer {text}")
