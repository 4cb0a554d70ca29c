"""Runs to look at: started through the services, told on by the events that an engine writes."""

from collections.abc import Callable
from typing import Any

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.runs import services
from apps.runs.models import Run, Wait
from apps.runs.state.events import Event, append
from apps.tenants.database import query
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow, publish_workflow
from tests.factories.runs import carry, step
from tests.workflows.definitions import edge, greeting, node

Ask = Callable[..., Wait]


def published(actor: User, definition: JSONDict | None = None, name: str = "Greeting") -> Workflow:
    """Make a workflow and publish it."""
    workflow = create_workflow(actor=actor, name=name, definition=definition or greeting())
    publish_workflow(workflow, actor=actor)
    workflow.refresh_from_db()
    return workflow


def started(workflow: Workflow, actor: User, **rest: Any) -> Run:
    """Start a run."""
    return services.start_run(workflow, actor=actor, inputs={"who": "Ada"}, **rest)


def failing() -> JSONDict:
    """Start, then a step that always fails, then one that is never reached."""
    return {
        "schema": 1,
        "nodes": [
            node("start", "core.start", config={"fields": [{"name": "who", "type": "text"}]}),
            node(
                "send",
                "code.python",
                title="Send",
                config={"source": "raise ValueError('No balance')"},
            ),
            node("reply", "core.respond", config={"body": "sent"}),
        ],
        "edges": [edge("start", "send"), edge("send", "reply")],
        "settings": {},
    }


def asking(**config: Any) -> JSONDict:
    """Start, ask a person, go on by what they say."""
    question = {"title": "Refund {{ input.who }}?", "body": "Order 7", **config}
    return {
        "schema": 1,
        "nodes": [
            node("start", "core.start", config={"fields": [{"name": "who", "type": "text"}]}),
            node("ask", "human.approval", config=question, title="Approve refund"),
            node("pay", "core.respond", config={"body": "paid"}, title="Pay"),
            node("refuse", "core.respond", config={"body": "refused"}, title="Refuse"),
        ],
        "edges": [
            edge("start", "ask"),
            edge("ask", "pay", port="approved"),
            edge("ask", "refuse", port="rejected"),
        ],
        "settings": {},
    }


async def tell(run: Run, *types: str, **changes: Any) -> list[JSONDict]:
    """Add events to a run from a loop, as a worker does; nobody is told yet."""
    return await query(append, run, [Event(each) for each in types], **changes)


def emails(people: dict[str, User]) -> list[str]:
    return [user.email for user in people.values()]


def outputs(wait: Wait) -> dict[str, Any]:
    """Carry the run on and return what the step gave."""
    carry(Run.objects.get(pk=wait.run_id))
    output = step(wait.run, "ask").output
    assert isinstance(output, dict)
    return output
