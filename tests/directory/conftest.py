"""A directory that is switched on, and the client that speaks for it."""

import pytest

from apps.accounts.models import User
from apps.directory import services
from apps.directory.models import Directory
from apps.identity import services as identity
from apps.identity.models import Connection
from tests.directory.clients import ScimClient, client_of
from tests.factories.issuer import proved


@pytest.fixture
def connection(alice: User) -> Connection:
    """A connection for halden.example; everyone who comes is a viewer."""
    made = identity.create_connection(vendor="okta", name="Okta", actor=alice)
    identity.set_default_role(made, "viewer", actor=alice)
    proved(made, alice, "halden.example")
    made.refresh_from_db()
    return made


@pytest.fixture
def directory(connection: Connection, alice: User) -> Directory:
    """Its directory, which gives builders at most."""
    services.set_cap(connection, "builder", actor=alice)
    services.switch(connection, on=True, actor=alice)
    return Directory.objects.get()


@pytest.fixture
def scim(directory: Directory, alice: User) -> ScimClient:
    """Whoever speaks for it."""
    return client_of(directory, alice)


@pytest.fixture
def person(scim: ScimClient) -> str:
    """Somebody whom the directory keeps."""
    found: str = scim.add("priya@halden.example")["id"]
    return found


@pytest.fixture
def group(scim: ScimClient) -> str:
    """A group that it keeps."""
    found: str = scim.add_group("Rail")["id"]
    return found
