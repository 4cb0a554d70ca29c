"""Steps come and go under their threads."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.comments import anchors
from apps.comments.models import Thread
from apps.workflows.models import Workflow
from apps.workflows.services import update_workflow
from apps.workflows.settling import Burst
from tests.workflows.definitions import greeting

Edit = Callable[[dict[str, object]], None]


@pytest.fixture
def edit(workflow: Workflow, bob: User) -> Edit:
    """Change the draft and let it come to rest."""

    def change(definition: dict[str, object]) -> None:
        update_workflow(workflow, actor=bob, revision=None, changes={"definition": definition})
        workflow.refresh_from_db()
        anchors.follow(Burst(workflow, 1, workflow.draft_seq, (bob.pk,), timezone.now()))

    return change


def without_greet() -> dict[str, object]:
    definition = greeting()
    definition["nodes"] = [each for each in definition["nodes"] if each["id"] != "greet"]
    definition["edges"] = []
    return definition


def test_a_thread_outlives_its_step_and_finds_it_again(thread: Thread, edit: Edit) -> None:
    renamed = greeting()
    renamed["nodes"][1]["title"] = "Say hello"
    edit(renamed)
    thread.refresh_from_db()
    assert (thread.node_title, thread.detached_at) == ("Say hello", None)

    edit(without_greet())
    thread.refresh_from_db()
    assert thread.node_title == "Say hello"
    gone = thread.detached_at
    assert gone is not None

    edit(without_greet() | {"settings": {"concurrency": 2}})
    thread.refresh_from_db()
    assert thread.detached_at == gone

    edit(greeting())
    thread.refresh_from_db()
    assert thread.node_title == "Transform"
    assert thread.detached_at is None
