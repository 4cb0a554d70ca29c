"""A page of the workflow hears at once that its review went on, and not what was said."""

import pytest

from apps.accounts.models import User
from apps.reviews.services import give_opinion, request_review, withdraw_review
from apps.tenants.context import tenant_context
from apps.tenants.database import query
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from tests.factories.sockets import Socket
from tests.runs.watching.test_consumers import play

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_step_of_a_review_rings(
    workflow: Workflow, alpha: Tenant, bob: User, rosa: User
) -> None:
    rung = {"type": "beside", "workflow": str(workflow.pk), "what": "review"}

    async def scene(socket: Socket) -> None:
        await socket.send({"type": "subscribe_comments", "workflow": str(workflow.pk)})
        assert (await socket.receive())["type"] == "comments"
        with tenant_context(alpha):
            first = await query(request_review, workflow, actor=bob, notes="Secret words")
            assert await socket.receive() == rung
            await query(withdraw_review, first, actor=bob)
            assert await socket.receive() == rung
            second = await query(request_review, workflow, actor=bob)
            assert await socket.receive() == rung
            await query(give_opinion, second, actor=rosa, approves=True)
            assert await socket.receive() == rung

    play(bob, scene)
