"""The feed of changes: who did what to which step, as a list and live."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import RoleBinding, User
from apps.accounts.services import create_api_key
from apps.collaboration.api import streams
from apps.collaboration.changes import read_changes
from apps.tenants.database import query
from apps.workflows import document, drafts, services
from apps.workflows.drafts import Written
from apps.workflows.models import Workflow
from tests.factories.cast import api_client
from tests.runs.state.test_events import Programme
from tests.workflows.definitions import edge, greeting, node

pytestmark = pytest.mark.django_db(transaction=True)  # streams read from threads of their own
Definition = dict[str, Any]


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return services.create_workflow(actor=bob, name="Greeting", definition=greeting())


def changed(workflow: Workflow, actor: User, change: Callable[[Definition], None]) -> None:
    definition = services.definition_of(workflow).as_json()
    change(definition)
    services.update_workflow(
        workflow, actor=actor, revision=None, changes={"definition": definition}
    )


def test_writing_in_the_runbook_is_a_change(bob: User, workflow: Workflow) -> None:
    doc = document.load(drafts.updates_of(workflow))
    words = {"type": "paragraph", "content": [{"type": "text", "text": "Ask Ana."}]}
    update = document.write_runbook(doc, {"type": "doc", "content": [words]})
    services.append_update(workflow, actor=bob, update=update)
    [change] = read_changes(workflow.pk, 1)
    assert change["changes"] == [{"operation": "edit", "node": None, "field": "runbook"}]


def test_what_is_to_be_mended_is_no_change_yet(bob: User, workflow: Workflow) -> None:
    foreign = b"\x01\x01\x07\x00\x27\x01\x05nodes\x05alien\x03\x01p\x00"  # an element among steps
    drafts.extend(workflow.pk, [Written(foreign, bob.pk)])
    [change] = read_changes(workflow.pk, 1)
    assert change["changes"] == []


def putting(**fields: Any) -> Callable[[Definition], None]:
    """Return the change that puts fields into the first step."""
    return lambda definition: definition["nodes"][0].update(fields)


def read(client: APIClient, workflow: Workflow, after: int = 1) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/workflows/{workflow.pk}/changes/?after={after}")
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def details(change: dict[str, Any]) -> set[tuple[str, str | None, str | None]]:
    return {(each["operation"], each["node"], each["field"]) for each in change["changes"]}


def test_each_kind_of_change_is_told(workflow: Workflow, bob: User, vera: User) -> None:
    def change(definition: Definition) -> None:
        greet = next(each for each in definition["nodes"] if each["id"] == "greet")
        greet["title"], greet["position"] = "Greet warmly", [7, 7]
        definition["nodes"].append(node("more", "core.respond"))
        definition["edges"] = [edge("start", "more")]
        definition["settings"] = {"timeout_s": 5}

    changed(workflow, bob, change)
    (told,) = read(api_client(vera), workflow)
    assert told["author"] == {"id": str(bob.pk), "name": "Bob"}
    assert (told["seq"], told["more"]) == (2, False)
    found = details(told)
    assert {
        ("set", "greet", "title"),
        ("move", "greet", None),
        ("add", "more", None),
        ("connect", "start", "start:out>more:in"),
        ("set", None, "settings.timeout_s"),
    } <= found
    assert any(operation == "disconnect" for operation, _, _ in found)
    assert "Greet warmly" not in json.dumps(told)


def test_a_removed_step_is_one_change(workflow: Workflow, bob: User) -> None:
    def change(definition: Definition) -> None:
        definition["nodes"] = [each for each in definition["nodes"] if each["id"] != "reply"]
        definition["edges"] = []

    changed(workflow, bob, change)
    (told,) = read(api_client(bob), workflow)
    about = {each for each in details(told) if each[1] == "reply"}
    assert about == {("remove", "reply", None)}


def test_letters_are_an_edit(workflow: Workflow, bob: User) -> None:
    def change(definition: Definition) -> None:
        definition["nodes"].append(node("ask", "ai.generate", config={"prompt": "Hello"}))

    def write(definition: Definition) -> None:
        definition["nodes"][0]["config"]["prompt"] = "Hello there"

    changed(workflow, bob, change)
    changed(workflow, bob, write)
    (told,) = read(api_client(bob), workflow, after=2)
    assert details(told) == {("edit", "ask", "config.prompt")}


def test_neighbouring_updates_of_one_person_are_one(
    workflow: Workflow, alice: User, bob: User
) -> None:
    for actor, x in ((bob, 1), (bob, 2), (alice, 3), (bob, 4)):
        changed(workflow, actor, putting(position=[x, x]))
    told = read(api_client(bob), workflow)
    assert [(each["seq"], each["author"]["name"]) for each in told] == [
        (3, "Bob"),
        (4, "Alice"),
        (5, "Bob"),
    ]
    assert read(api_client(bob), workflow, after=5) == []


def test_also_what_is_in_the_snapshot_is_told(workflow: Workflow, bob: User) -> None:
    from apps.workflows import drafts

    changed(workflow, bob, putting(title="A"))
    workflow.refresh_from_db()
    drafts.compact(workflow)
    workflow.save()
    changed(workflow, bob, putting(title="B"))
    assert [each["seq"] for each in read(api_client(bob), workflow)] == [3]
    assert details(read(api_client(bob), workflow, after=2)[0]) == {("set", "greet", "title")}


def test_a_bad_number_is_refused(workflow: Workflow, bob: User) -> None:
    answer = api_client(bob).get(f"/api/v1/workflows/{workflow.pk}/changes/?after=x")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_who_sees_nothing_is_told_nothing(workflow: Workflow, bob: User) -> None:
    RoleBinding.objects.filter(user=bob).delete()
    assert api_client(bob).get(f"/api/v1/workflows/{workflow.pk}/changes/").status_code == 403


def test_changes_come_live_until_the_right_is_lost(
    workflow: Workflow, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LOOK_S", 0.1)
    monkeypatch.setattr(streams, "GATHER_S", 0.01)
    key, text = create_api_key(name="Feed", role="viewer", user=alice, actor=alice)

    async def scene() -> list[dict[str, Any]]:
        answer: Any = await Programme().get(
            f"/api/v1/workflows/{workflow.pk}/changes/?after=1",
            headers={"authorization": f"Bearer {text}", "accept": "text/event-stream"},
        )
        assert answer.status_code == 200
        told: list[dict[str, Any]] = []
        async for raw in answer.streaming_content:
            lines = raw.decode().splitlines()
            told += [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
            if len(told) < 2:
                title = f"Title {len(told)}"
                await query(changed, workflow, bob, putting(title=title))
            else:
                await query(type(key).objects.filter(pk=key.pk).delete)
        return told

    told = asyncio.run(scene())
    assert [each["seq"] for each in told][:2] == [2, 3]
