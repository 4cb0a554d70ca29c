"""Who waits for a run, or asks for it once more, is told only what they still may know."""

import asyncio
from typing import Any

import pytest

from apps.accounts.models import User
from apps.accounts.services import change_role, create_api_key, create_folder, give_right
from apps.runs.models import Run
from apps.tenants.database import query
from apps.workflows.models import Workflow
from tests.runs.scenes import published
from tests.runs.state.test_events import Programme, follow, waited
from tests.workflows.definitions import edge, greeting, node

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def workflow(bob: User) -> Workflow:
    """A workflow with a step that only a worker makes."""
    definition = greeting()
    definition["nodes"].append(node("work", "code.python", config={"source": "1"}))
    definition["edges"].append(edge("start", "work"))
    return published(bob, definition)


@pytest.fixture
def key(bob: User) -> dict[str, str]:
    _, text = create_api_key(user=bob, name="ci", role="builder", actor=bob)
    return {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize("repeated", [False, True])
def test_who_may_not_run_it_any_more_is_not_told_how_it_ended(
    workflow: Workflow, key: dict[str, str], bob: User, alice: User, repeated: bool
) -> None:
    def lose() -> None:
        folder = create_folder(name="Others", actor=alice)
        give_right(folder, bob, role="builder", actor=alice)
        change_role(bob, role=None, actor=alice)

    async def end(run: Run) -> None:
        if not repeated:
            await query(lose)
        await follow(run, "run.succeeded", status="succeeded", outputs={"text": "Hello"})

    async def ask() -> Any:
        headers = {**key, "Idempotency-Key": "once"}
        answer = await waited(workflow, headers, end)
        if repeated:
            assert (answer.status_code, answer.json()["outputs"]) == (200, {"text": "Hello"})
            await query(lose)
            answer = await Programme().post(
                f"/api/v1/workflows/{workflow.pk}/runs/",
                {"inputs": {"who": "Ada"}, "wait": 20},
                content_type="application/json",
                headers=headers,
            )
            assert answer["Idempotency-Replayed"] == "true"
        return answer

    answer = asyncio.run(ask())
    assert (answer.status_code, set(answer.json())) == (202, {"id", "status"})
