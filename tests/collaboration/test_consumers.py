"""The socket of a draft: who may open it, what passes, and when it closes."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session

from apps.accounts.models import RoleBinding, User
from apps.accounts.services import (
    add_to_group,
    create_api_key,
    create_group,
    remove_from_group,
)
from apps.accounts.session_store import name_of
from apps.collaboration import lobby, protocol
from apps.collaboration.protocol import Kind, State
from apps.runs.watching import places
from apps.tenants.context import tenant_context
from apps.tenants.database import query
from apps.tenants.models import Tenant
from apps.workflows import document, services
from apps.workflows.models import Workflow
from auterity.asgi import application
from tests.factories.cast import api_client, key_client
from tests.factories.sockets import Socket
from tests.workflows.definitions import greeting

pytestmark = pytest.mark.django_db(transaction=True)
Scene = Callable[..., Awaitable[None]]
HOST = "alpha.localhost"


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return services.create_workflow(actor=bob, name="Greeting", definition=greeting())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lobby, "LOOK_S", 0.05)


def cookie_of(user: User, tenant: str = "alpha") -> str:
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={api_client(user, tenant).cookies[name].value}"


class Tab:
    """A client of y-websocket with a document of its own."""

    def __init__(self, workflow: Workflow, cookie: str = "", **options: Any) -> None:
        ticket = options.pop("ticket", "")
        path = f"/ws/wf/{workflow.pk}" + (f"?ticket={ticket}" if ticket else "")
        self.socket = Socket(application, path, options.pop("host", HOST), cookie, **options)
        self.doc = document.load([])

    async def open(self) -> None:
        """Come in and take over the draft."""
        assert await self.socket.connect() is None
        await self.socket.send_bytes(protocol.sync(Kind.STEP_1, self.doc.get_state()))
        await self.next(Kind.STEP_2)

    async def next(self, kind: Kind) -> bytes:
        """Read up to a frame of a kind; take in what is an update."""
        while True:
            frame = protocol.read(await self.socket.receive_bytes())
            if frame.kind in (Kind.STEP_2, Kind.UPDATE):
                self.doc.apply_update(frame.payload)
            if frame.kind is kind:
                return frame.payload

    async def change(self, **meta: Any) -> None:
        """Change details of the draft."""
        before = self.doc.get_state()
        with self.doc.transaction():
            for key, value in meta.items():
                document.part_of(self.doc, "meta")[key] = value
        update = self.doc.get_update(before)
        await self.socket.send_bytes(protocol.sync(Kind.UPDATE, update))

    @property
    def meta(self) -> Any:
        return document.part_of(self.doc, "meta").to_py()


async def code_of(tab: Tab) -> int | None:
    refused = await tab.socket.connect()
    return refused if refused is not None else await tab.socket.closing_code()


def test_two_edit_together(workflow: Workflow, alice: User, bob: User) -> None:
    tabs = [Tab(workflow, cookie_of(user)) for user in (alice, bob)]

    async def scene() -> None:
        ana, ben = tabs
        await ana.open()
        await ben.open()
        await ana.change(name="From Alice")
        await ben.next(Kind.UPDATE)
        assert ben.meta["name"] == "From Alice"
        await ben.change(description="From Bob")
        await ana.next(Kind.UPDATE)
        assert ana.meta["description"] == "From Bob"
        for tab in tabs:
            await tab.socket.close()

    asyncio.run(scene())
    authors = workflow.updates.order_by("seq").values_list("author", flat=True)
    assert list(authors) == [bob.pk, alice.pk, bob.pk]


def test_requests_reach_the_room(workflow: Workflow, alice: User, bob: User) -> None:
    tab, client = Tab(workflow, cookie_of(alice)), api_client(bob)
    url = f"/api/v1/workflows/{workflow.pk}/"
    saved = document.load([services.read_update(workflow, None)])
    update = document.write_details(saved, {"description": "Saved by HTTP"})

    async def scene() -> None:
        await tab.open()
        answer = await query(
            client.patch, url, {"name": "Patched"}, HTTP_IF_MATCH="*", format="json"
        )
        assert answer.status_code == 200, answer.content
        await tab.next(Kind.UPDATE)
        assert tab.meta["name"] == "Patched"
        await query(client.post, f"{url}updates/", update, content_type="application/octet-stream")
        await tab.next(Kind.UPDATE)
        assert tab.meta["description"] == "Saved by HTTP"
        await query(client.post, f"{url}layout/")
        await tab.next(Kind.UPDATE)
        await tab.socket.close()

    asyncio.run(scene())


def test_who_it_is_is_stamped(workflow: Workflow, alice: User, vera: User) -> None:
    tabs = [Tab(workflow, cookie_of(user)) for user in (alice, vera)]

    async def scene() -> None:
        seen, viewer = tabs
        await seen.open()
        await viewer.open()
        text = json.dumps({"cursor": [1, 2], "user": {"name": "Alice"}}).encode()
        states = protocol.write_states([State(9, 1, text)])
        await viewer.socket.send_bytes(protocol.awareness(states))
        (state,) = protocol.read_states(await seen.next(Kind.AWARENESS))
        told = json.loads(state.text)
        assert (told["user"]["id"], told["user"]["name"]) == (str(vera.pk), "Vera")
        await viewer.socket.close()
        (gone,) = protocol.read_states(await seen.next(Kind.AWARENESS))
        assert gone == State(9, 1, b"null")
        await seen.socket.close()

    asyncio.run(scene())


def test_viewers_change_nothing(workflow: Workflow, vera: User) -> None:
    tab = Tab(workflow, cookie_of(vera))

    async def scene() -> None:
        await tab.open()
        await tab.change(name="Mine")
        await tab.socket.send_bytes(b"\x03")
        await tab.socket.close()

    asyncio.run(scene())
    workflow.refresh_from_db()
    assert workflow.draft_seq == 1


@pytest.mark.parametrize("origin", ["", "null", "http://evil.example", "http://beta.localhost"])
def test_foreign_pages_open_nothing(workflow: Workflow, bob: User, origin: str) -> None:
    tab = Tab(workflow, cookie_of(bob), origin=origin)
    assert asyncio.run(code_of(tab)) == 4403


def test_strangers_and_who_sees_nothing_open_nothing(workflow: Workflow, bob: User) -> None:
    assert asyncio.run(code_of(Tab(workflow))) == 4401
    RoleBinding.objects.filter(user=bob).delete()
    assert asyncio.run(code_of(Tab(workflow, cookie_of(bob)))) == 4403


def test_what_is_in_the_bin_is_not_there(workflow: Workflow, alice: User) -> None:
    services.delete_workflow(workflow, actor=alice)
    assert asyncio.run(code_of(Tab(workflow, cookie_of(alice)))) == 4403


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("change", "code"),
    [("session", 4401), ("user", 4401), ("role", 4403), ("group", 4403), ("bin", 4403)],
)
def test_what_is_lost_closes(
    workflow: Workflow, alice: User, bob: User, vera: User, change: str, code: int
) -> None:
    tab, other = Tab(workflow, cookie_of(bob)), Tab(workflow, cookie_of(alice))
    builders = create_group(name="Builders", role="builder")
    if change == "group":  # what Bob holds, he holds through it alone
        RoleBinding.objects.filter(user=bob).delete()
        add_to_group(builders, bob)

    def take_away() -> None:
        if change == "session":
            Session.objects.filter(pk=name_of(tab_session(tab))).delete()
        elif change == "user":
            User.objects.filter(pk=bob.pk).update(is_active=False)
        elif change == "role":
            viewer = vera.bindings[0].role
            RoleBinding.objects.filter(user=bob).update(role=viewer)
        elif change == "group":
            remove_from_group(builders, bob)
        else:
            services.delete_workflow(workflow, actor=alice)

    async def scene() -> None:
        await tab.open()
        await other.open()
        await query(take_away)
        assert await tab.socket.closing_code() == code
        await tab.socket.close()
        await other.socket.close()

    asyncio.run(scene())


def tab_session(tab: Tab) -> str:
    headers = dict(tab.socket._peer.scope["headers"])
    cookie: str = headers[b"cookie"].decode()
    return cookie.partition("=")[2]


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x02\x05x", b"\x00\x02\x02\x01\x05", b"\x01\x02\x01\x00"]
)
def test_garbage_closes(workflow: Workflow, bob: User, data: bytes) -> None:
    tab = Tab(workflow, cookie_of(bob))

    async def scene() -> None:
        await tab.open()
        await tab.socket.send_bytes(data)
        assert await tab.socket.closing_code() == 4400
        await tab.socket.close()

    asyncio.run(scene())


def test_text_is_no_frame(workflow: Workflow, bob: User) -> None:
    tab = Tab(workflow, cookie_of(bob))

    async def scene() -> None:
        await tab.open()
        await tab.socket.send({"type": "hello"})
        assert await tab.socket.closing_code() == 4400
        await tab.socket.close()

    asyncio.run(scene())


def test_a_program_comes_with_a_ticket(workflow: Workflow, alice: User) -> None:
    _, key = create_api_key(name="Script", role="builder", user=alice, actor=alice)
    answer = key_client(key).post(f"/api/v1/workflows/{workflow.pk}/ticket/")
    assert answer.status_code == 201
    given = answer.json()
    assert given["url"] == f"ws://{HOST}/ws/wf/{workflow.pk}?ticket={given['ticket']}"
    tab = Tab(workflow, ticket=given["ticket"], origin="")

    async def scene() -> None:
        await tab.open()
        await tab.change(name="By a script")
        await tab.next(Kind.STEP_1)
        again = Tab(workflow, ticket=given["ticket"], origin="")
        assert await code_of(again) == 4401
        await tab.socket.close()

    asyncio.run(scene())
    workflow.refresh_from_db()
    assert workflow.draft_seq == 2


def test_on_loopback_the_ticket_says_which_workspace(workflow: Workflow, alice: User) -> None:
    _, key = create_api_key(name="Script", role="viewer", user=alice, actor=alice)
    ticket = key_client(key).post(f"/api/v1/workflows/{workflow.pk}/ticket/").json()["ticket"]
    tab = Tab(workflow, ticket=ticket, origin="", host="127.0.0.1:8000")

    async def scene() -> None:
        await tab.open()
        assert tab.meta["name"] == "Greeting"
        await tab.socket.close()

    asyncio.run(scene())


def test_a_ticket_is_for_one_draft(workflow: Workflow, bob: User) -> None:
    other = services.create_workflow(actor=bob, name="Other")
    ticket = api_client(bob).post(f"/api/v1/workflows/{other.pk}/ticket/").json()["ticket"]
    assert asyncio.run(code_of(Tab(workflow, ticket=ticket, origin=""))) == 4401
    assert asyncio.run(code_of(Tab(other, ticket=ticket, origin=""))) == 4401


@pytest.mark.usefixtures("quick")
def test_a_revoked_key_closes_its_sockets(workflow: Workflow, alice: User) -> None:
    row, key = create_api_key(name="Script", role="builder", user=alice, actor=alice)
    ticket = key_client(key).post(f"/api/v1/workflows/{workflow.pk}/ticket/").json()["ticket"]
    tab = Tab(workflow, ticket=ticket, origin="")

    async def scene() -> None:
        await tab.open()
        await query(type(row).objects.filter(pk=row.pk).delete)
        assert await tab.socket.closing_code() == 4401
        await tab.socket.close()

    asyncio.run(scene())


def test_a_ticket_is_refused_to_who_sees_nothing(
    workflow: Workflow, mallory: User, beta: Tenant
) -> None:
    with tenant_context(beta):
        client = api_client(mallory, "beta")
    assert client.post(f"/api/v1/workflows/{workflow.pk}/ticket/").status_code == 404


def test_sockets_of_one_person_are_counted(
    workflow: Workflow, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "SOCKETS", 1)
    first, second = (Tab(workflow, cookie_of(bob)) for _ in range(2))

    async def scene() -> None:
        await first.open()
        assert await code_of(second) == 1013
        await first.socket.close()

    asyncio.run(scene())


def test_sockets_may_be_on_a_host_of_their_own(
    workflow: Workflow, bob: User, settings: Any
) -> None:
    """No page belongs to that host, so only a ticket opens anything there."""
    settings.YJS_WEBSOCKET_URL = "wss://live.example.com"
    given = api_client(bob).post(f"/api/v1/workflows/{workflow.pk}/ticket/").json()
    assert given["url"].startswith(f"wss://live.example.com/ws/wf/{workflow.pk}?ticket=alpha.")
    there = {"host": "live.example.com", "origin": f"http://{HOST}"}
    tab = Tab(workflow, ticket=given["ticket"], **there)

    async def scene() -> None:
        await tab.open()
        assert tab.meta["name"] == "Greeting"
        await tab.socket.close()

    asyncio.run(scene())
    assert asyncio.run(code_of(Tab(workflow, cookie_of(bob), **there))) == 4403
