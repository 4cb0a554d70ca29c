"""The socket of a page tells at once what was said, or changed beside the draft, who may read it."""

from typing import Any

import pytest

from apps.accounts.models import RoleBinding, User
from apps.comments import services
from apps.comments.models import Thread
from apps.comments.services import Anchor
from apps.runs.watching import consumers
from apps.tenants.context import tenant_context
from apps.tenants.database import query
from apps.tenants.models import Tenant
from apps.workflows import services as workflows
from apps.workflows import trying
from apps.workflows.models import Workflow
from tests.factories.sockets import Socket
from tests.runs.scenes import asking, published
from tests.runs.watching.test_consumers import play

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return published(bob)


def subscription(workflow_id: object) -> dict[str, str]:
    return {"type": "subscribe_comments", "workflow": str(workflow_id)}


async def joined(socket: Socket, workflow: Workflow) -> None:
    await socket.send(subscription(workflow.pk))
    assert await socket.receive() == frame(workflow, None)


def frame(workflow: Workflow, thread: Thread | None) -> dict[str, Any]:
    told = str(thread.pk) if thread else None
    return {"type": "comments", "workflow": str(workflow.pk), "thread": told}


def say(workflow: Workflow, user: User) -> Thread:
    return services.begin_thread(
        workflow, actor=user, anchor=Anchor(at=(0, 0)), text="Secret words"
    )


def test_a_comment_is_heard_of_at_once(
    workflow: Workflow, alpha: Tenant, bob: User, vera: User
) -> None:
    async def scene(socket: Socket) -> None:
        await joined(socket, workflow)
        with tenant_context(alpha):
            thread = await query(say, workflow, bob)
            assert await socket.receive() == frame(workflow, thread)
            await query(services.resolve_thread, thread, actor=bob)
            assert await socket.receive() == frame(workflow, thread)

    play(vera, scene)


def test_what_nobody_told_is_found(
    workflow: Workflow, alpha: Tenant, bob: User, vera: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "CHECK_S", 0.1)
    monkeypatch.setattr("apps.comments.live.publish_on_commit", lambda *told: None)

    async def scene(socket: Socket) -> None:
        await joined(socket, workflow)
        with tenant_context(alpha):
            await query(say, workflow, bob)
        assert await socket.receive() == frame(workflow, None)

    play(vera, scene)


def test_who_may_not_see_it_hears_nothing(workflow: Workflow, vera: User) -> None:
    RoleBinding.objects.filter(user=vera).delete()

    async def scene(socket: Socket) -> None:
        for wrong in (workflow.pk, "nonsense"):
            await socket.send(subscription(wrong))
            assert (await socket.receive())["code"] == "not_found"

    play(vera, scene)


def test_who_loses_the_right_is_sent_away(
    workflow: Workflow, alpha: Tenant, vera: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "CHECK_S", 0.1)

    async def scene(socket: Socket) -> None:
        await joined(socket, workflow)
        with tenant_context(alpha):
            await query(RoleBinding.objects.filter(user=vera).delete)
        assert await socket.closing_code() == consumers.NOT_ALLOWED

    play(vera, scene)


def test_one_workflow_for_each_socket(
    workflow: Workflow, alpha: Tenant, bob: User, vera: User
) -> None:
    other = published(bob)

    async def scene(socket: Socket) -> None:
        await joined(socket, workflow)
        await joined(socket, other)
        with tenant_context(alpha):
            await query(say, workflow, bob)
            thread = await query(say, other, bob)
        assert await socket.receive() == frame(other, thread)

    play(vera, scene)


def beside(workflow: Workflow, what: str) -> dict[str, Any]:
    return {"type": "beside", "workflow": str(workflow.pk), "what": what}


def test_what_changes_beside_the_draft_is_heard_of_and_not_what_it_is(
    workflow: Workflow, alpha: Tenant, bob: User, vera: User
) -> None:
    def pin() -> None:
        trying.pin_output(workflow, "start", actor=bob, output={"secret": "words"})

    def publish_again() -> None:
        workflows.update_workflow(
            workflow, actor=bob, revision=None, changes={"definition": asking()}
        )
        workflows.publish_workflow(workflow, actor=bob)

    async def scene(socket: Socket) -> None:
        await joined(socket, workflow)
        with tenant_context(alpha):
            await query(pin)
            assert await socket.receive() == beside(workflow, "pins")
            await query(trying.unpin, workflow, "start", actor=bob)
            assert await socket.receive() == beside(workflow, "pins")
            kept = {"name": "Ada", "inputs": {"secret": "words"}}
            await query(trying.save_data_set, workflow, actor=bob, changes=kept)
            assert await socket.receive() == beside(workflow, "data_sets")
            await query(publish_again)
            assert await socket.receive() == beside(workflow, "version")

    play(vera, scene)
