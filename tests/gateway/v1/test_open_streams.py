"""Streams that are open when their right to ask ends: over within five seconds, also where nobody is told."""

import select
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from apps.accounts.models import User
from apps.accounts.services import change_role, create_api_key, revoke_api_key, set_active
from apps.directory import services as directories
from apps.directory.models import Directory
from apps.gateway.models import LlmCall
from apps.identity import services as identity
from apps.tenants import hosts
from apps.tenants.context import public_scope
from apps.tenants.models import Tenant
from apps.tenants.services import suspend_tenant
from tests.directory.clients import ScimClient, client_of
from tests.factories.issuer import proved
from tests.factories.runs import until
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import connect, lead
from tests.gateway.servers import Server, serving, without_redis

pytestmark = pytest.mark.django_db(transaction=True)
MOST_S = 5.0
Opened = tuple[HTTPConnection, HTTPResponse]


@pytest.fixture(params=["told", "not told"])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, alice: User, fake: FakeProvider
) -> Iterator[Server]:
    """Another process, which hears of changes, or for which all messages of Redis are lost."""
    lead(alice, "stalls", provider=connect(fake, alice))
    env = {} if request.param == "told" else without_redis()
    with serving(tmp_path, egress=fake.origin, **env) as found:
        yield found


def key_of(user: User) -> str:
    return create_api_key(name="Program", role="caller", user=user, actor=user)[1]


def ended(opened: Opened, take: Callable[[], object]) -> str:
    """Take something away and return the last words of a stream, which come in time."""
    begun = time.monotonic()
    take()
    rest = opened[1].read().decode()
    assert time.monotonic() - begun < MOST_S
    opened[0].close()
    return rest


def is_open(opened: Opened) -> bool:
    """Tell whether nothing came of a stream, not even its end."""
    return not select.select([opened[0].sock], [], [], 0)[0]


@pytest.fixture
def scim(alice: User) -> ScimClient:
    """A company's directory, which may give people the role of builders."""
    connection = identity.create_connection(vendor="okta", name="Okta", actor=alice)
    identity.set_default_role(connection, "builder", actor=alice)
    proved(connection, alice, "halden.example")
    connection.refresh_from_db()
    directories.set_cap(connection, "builder", actor=alice)
    directories.switch(connection, on=True, actor=alice)
    return client_of(Directory.objects.get(), alice)


def test_a_stream_ends_with_the_right_to_it_and_no_others_does(
    alice: User, bob: User, oscar: User, scim: ScimClient, server: Server
) -> None:
    key, text = create_api_key(name="Program", role="caller", user=alice, actor=alice)
    person = scim.add("priya@halden.example")["id"]
    priya = User.objects.get(email="priya@halden.example")
    revoked, suspended, smaller, removed, stays = (
        server.listen(each, "default")
        for each in (text, key_of(bob), key_of(oscar), key_of(priya), key_of(alice))
    )
    assert "not valid" in ended(revoked, lambda: revoke_api_key(key, actor=alice))
    last = ended(suspended, lambda: set_active(bob, active=False, actor=alice))
    assert '"code": "invalid_api_key"' in last
    assert "[DONE]" not in last
    assert "does not allow" in ended(smaller, lambda: change_role(oscar, role=None, actor=alice))
    leaves = {"op": "replace", "path": "active", "value": False}
    assert "not valid" in ended(removed, lambda: scim.patch(f"/Users/{person}", leaves))
    assert is_open(stays)
    stays[0].close()
    until(lambda: LlmCall.objects.count() == 5)
    assert set(LlmCall.objects.values_list("status", flat=True)) == {"cancelled"}


def test_a_stream_ends_with_its_workspace(alice: User, alpha: Tenant, server: Server) -> None:
    opened = server.listen(key_of(alice), "default")
    with public_scope():
        assert "nothing here" in ended(opened, lambda: suspend_tenant(alpha))
        alpha.status = Tenant.Status.ACTIVE
        alpha.save(update_fields=["status"])
    hosts.forget()
    with suppress(OSError):
        opened[0].close()
