"""Sockets that are not opened stand in the trail: why, whose, and where from."""

import asyncio
from typing import Any

import pytest
from django.core.cache import cache

from apps.accounts.models import RoleBinding, User
from apps.audit.models import AuditEntry
from apps.collaboration.tickets import issue_ticket
from apps.common.ids import uuid7
from apps.runs.watching import places
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from auterity.asgi import application
from tests.factories.cast import api_client
from tests.factories.sockets import Socket
from tests.runs.scenes import published
from tests.runs.watching.test_consumers import cookie_of

pytestmark = pytest.mark.django_db(transaction=True)
HOST = "alpha.localhost"
SIGNED_OUT, NOT_ALLOWED, TOO_MANY = 4401, 4403, 4429


@pytest.fixture(autouse=True)
def _counted_anew(alpha: Tenant) -> None:
    cache.clear()


@pytest.fixture
def workflow(alice: User) -> Workflow:
    return published(alice)


def knock(path: str, cookie: str = "", origin: str | None = None) -> int | None:
    """Try to open a socket; return the code by which it was closed."""

    async def act() -> int | None:
        socket = Socket(application, path, HOST, cookie, origin)
        code = await socket.connect(patience=10)
        await socket.close()
        return code

    return asyncio.run(act())


def refused() -> list[tuple[str, dict[str, Any]]]:
    """Return who was refused what, the oldest first."""
    found = AuditEntry.objects.filter(action="socket.refused", result="denied").order_by("at")
    assert all(entry.ip == "127.0.0.1" for entry in found)
    return [(entry.actor_id, dict(entry.after or {})) for entry in found]


def test_without_a_session(workflow: Workflow) -> None:
    assert knock("/ws/live") == SIGNED_OUT
    assert knock(f"/ws/wf/{workflow.pk}") == SIGNED_OUT
    assert refused() == [
        ("", {"where": "live", "code": "signed_out", "times": 1}),
        ("", {"where": f"draft {workflow.pk}", "code": "signed_out", "times": 2}),
    ]


def test_without_the_right(workflow: Workflow, vera: User) -> None:
    cookie = cookie_of(api_client(vera))
    RoleBinding.objects.filter(user=vera).delete()
    assert knock(f"/ws/wf/{workflow.pk}", cookie) == NOT_ALLOWED
    assert refused() == [
        (str(vera.pk), {"where": f"draft {workflow.pk}", "code": "forbidden", "times": 1})
    ]


def test_from_another_sites_page(vera: User) -> None:
    evil = "https://evil.example"
    assert knock("/ws/live", cookie_of(api_client(vera)), origin=evil) == NOT_ALLOWED
    assert refused() == [
        ("", {"where": "/ws/live", "code": "foreign_origin", "origin": evil, "times": 1})
    ]


def test_a_ticket_that_opens_nothing_is_not_kept(workflow: Workflow, alice: User) -> None:
    ticket = issue_ticket(workflow, actor=alice, session_key=api_client(alice).session.session_key)
    assert knock(f"/ws/wf/{uuid7()}?ticket={ticket}", origin="") == SIGNED_OUT
    ((_, told),) = refused()
    assert told["code"] == "signed_out"
    assert ticket.partition(".")[2] not in str(AuditEntry.objects.values())


def test_more_than_one_may_have(vera: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SOCKETS", 0)
    assert knock("/ws/live", cookie_of(api_client(vera))) == TOO_MANY
    assert refused() == [(str(vera.pk), {"where": "live", "code": "too_many_open", "times": 1})]


def test_knocking_does_not_fill_the_trail(vera: User, beta: Tenant) -> None:
    for _ in range(12):
        knock("/ws/live")
    assert [told["times"] for _, told in refused()][:6] == [1, 2, 3, 4, 5, 10]
    with tenant_context(beta):
        assert not AuditEntry.objects.filter(action="socket.refused").exists()


def test_a_host_of_nobody_is_written_down_nowhere(alpha: Tenant) -> None:
    async def act() -> int | None:
        socket = Socket(application, "/ws/live", "nobody.localhost", origin="https://evil.example")
        return await socket.connect(patience=10)

    assert asyncio.run(act()) == NOT_ALLOWED
    assert refused() == []
