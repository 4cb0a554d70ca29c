"""The sockets, walked like the routes: what is not ours is not there."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings

from auterity.asgi import application, websocket_urlpatterns
from tests.factories.sockets import Socket
from tests.isolation.kept import kept_world
from tests.isolation.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("isolation")]
SIGNED_OUT, NOT_ALLOWED = 4401, 4403


@pytest.fixture
def ours(transactional_db: None) -> World:
    return kept_world("alpha")


@pytest.fixture
def theirs(transactional_db: None) -> World:
    return kept_world("beta")


def socket(world: World, session_of: World, path: str = "/ws/live") -> Socket:
    """Return a socket of a workspace, with the session of an owner of perhaps another."""
    name = settings.SESSION_COOKIE_NAME
    cookie = f"{name}={session_of.browser('owner').cookies[name].value}"
    return Socket(application, path, host=world.host, cookie=cookie)


async def _ask(live: Socket, frame: dict[str, Any]) -> Any:
    assert await live.connect() is None
    await live.send(frame)
    answer = await live.receive()
    await live.close()
    return answer


def test_every_socket_is_walked_here() -> None:
    walked = ["ws/live", "ws/wf/<uuid:workflow_id>"]
    assert [str(each.pattern) for each in websocket_urlpatterns] == walked


def test_a_run_is_followed_by_its_own_workspace_only(ours: World, theirs: World) -> None:
    frame = {"type": "subscribe", "run": ours.objects["run"], "after": 0}
    told = async_to_sync(_ask)(socket(ours, ours), frame)
    assert (told["type"], told["run"]) == ("event", ours.objects["run"])
    told = async_to_sync(_ask)(socket(theirs, theirs), frame)
    assert (told["type"], told["code"]) == ("error", "not_found")
    assert ours.canary not in str(told)


def test_comments_are_heard_of_by_their_own_workspace_only(ours: World, theirs: World) -> None:
    frame = {"type": "subscribe_comments", "workflow": ours.objects["workflow"]}
    assert async_to_sync(_ask)(socket(ours, ours), frame)["type"] == "comments"
    assert async_to_sync(_ask)(socket(theirs, theirs), frame)["code"] == "not_found"


def test_counters_count_ones_own(ours: World, theirs: World) -> None:
    from apps.runs.models import Wait
    from apps.runs.services import decide
    from apps.tenants.context import tenant_context

    with tenant_context(ours.tenant):
        wait = Wait.objects.get(pk=ours.objects["approval"])
        decide(wait, actor=ours.people["owner"], decision="approved")
    frame = {"type": "subscribe_counts"}
    counts = [async_to_sync(_ask)(socket(world, world), frame) for world in (ours, theirs)]
    assert counts[0]["approvals"] + 1 == counts[1]["approvals"]


def test_a_session_of_the_other_workspace_opens_nothing(ours: World, theirs: World) -> None:
    for path in ("/ws/live", f"/ws/wf/{ours.objects['workflow']}"):
        assert async_to_sync(_code)(socket(ours, theirs, path)) == SIGNED_OUT


async def _code(live: Socket) -> int | None:
    refused = await live.connect()
    if refused is None:  # it was accepted first, so that browsers are told the code
        refused = (await live._peer.receive_output(5)).get("code")
    return refused


def test_a_draft_is_edited_by_its_own_workspace_only(ours: World, theirs: World) -> None:
    path = f"/ws/wf/{ours.objects['workflow']}"
    assert async_to_sync(_code)(socket(theirs, theirs, path)) == NOT_ALLOWED
    whole = async_to_sync(_draft_of)(socket(ours, ours, path))
    assert ours.canary.encode() in whole


async def _draft_of(editor: Socket) -> bytes:
    assert await editor.connect() is None
    await editor.send_bytes(b"\x00\x00\x01\x00")  # what do I lack, who have nothing?
    while (frame := await editor.receive_bytes())[:2] != b"\x00\x01":
        continue
    await editor.close()
    return frame


def test_a_ticket_opens_its_own_workspaces_draft_only(ours: World, theirs: World) -> None:
    from apps.collaboration.tickets import issue_ticket
    from apps.tenants.context import tenant_context
    from apps.workflows.models import Workflow

    def opened(host: str, ticket: str) -> int | None:
        path = f"/ws/wf/{ours.objects['workflow']}?ticket={ticket}"
        return async_to_sync(_code)(Socket(application, path, host=host, origin=""))

    with tenant_context(ours.tenant):
        workflow = Workflow.objects.get(pk=ours.objects["workflow"])
        session = ours.browser("owner").session.session_key
        tickets = [
            issue_ticket(workflow, actor=ours.people["owner"], session_key=session)
            for _ in range(2)
        ]
    slug, _, secret = tickets[0].partition(".")
    assert opened(theirs.host, tickets[0]) == SIGNED_OUT
    assert opened(theirs.host, f"{theirs.tenant.slug}.{secret}") == SIGNED_OUT
    assert slug == ours.tenant.slug
    path = f"/ws/wf/{ours.objects['workflow']}?ticket={tickets[0]}"
    editor = Socket(application, path, host=ours.host, origin="")
    assert ours.canary.encode() in async_to_sync(_draft_of)(editor)
