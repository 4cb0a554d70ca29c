"""What differs from the published version, by who changed it."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.accounts.services import create_api_key
from apps.workflows import contributions, drafts, points, services
from apps.workflows.contributions import Contribution
from apps.workflows.models import Workflow
from tests.factories.cast import key_client
from tests.workflows.definitions import edge, greeting, node
from tests.workflows.drafting import Editor, change


@pytest.fixture
def workflow(alice: User, bob: User) -> Workflow:
    made = services.create_workflow(actor=bob, name="Greeting", definition=greeting())
    services.publish_workflow(made, actor=alice)
    return Workflow.objects.get(pk=made.pk)


def shares(workflow: Workflow) -> dict[Any, Contribution]:
    return {share.author: share for share in contributions.unpublished(workflow)}


def fields(share: Contribution) -> set[tuple[str, str]]:
    return {
        (each["id"], field["field"]) for each in share.nodes["changed"] for field in each["fields"]
    }


def test_each_field_is_of_who_wrote_it_last(workflow: Workflow, alice: User, bob: User) -> None:
    first, second = Editor(workflow, bob), Editor(workflow, alice)
    first.set("greet", "title", "Bob's")
    first.type("reply", "body", " and more")
    second.look()
    second.set("greet", "title", "Alice's")
    second.set("greet", "timeout_s", 9)
    found = shares(workflow)
    assert fields(found[alice.pk]) == {("greet", "title"), ("greet", "timeout_s")}
    assert fields(found[bob.pk]) == {("reply", "config.body")}
    (title,) = (f for f in found[alice.pk].nodes["changed"][0]["fields"] if f["field"] == "title")
    assert (title["before"], title["after"]) == ("", "Alice's") or title["before"] is None


def test_what_is_back_as_it_was_is_nobodys(workflow: Workflow, bob: User, alice: User) -> None:
    change(workflow, bob, lambda d: d["nodes"][0].update(title="Changed"))
    change(workflow, alice, lambda d: d["nodes"][0].update(title=""))
    assert shares(workflow) == {}


def test_steps_connections_and_settings_have_authors(
    workflow: Workflow, bob: User, alice: User
) -> None:
    def build(definition: dict[str, Any]) -> None:
        definition["nodes"].append(node("extra", "core.respond", title="Extra"))
        definition["edges"].append(edge("greet", "extra"))

    def trim(definition: dict[str, Any]) -> None:
        definition["nodes"] = [each for each in definition["nodes"] if each["id"] != "reply"]
        definition["edges"] = [each for each in definition["edges"] if each["target"] != "reply"]
        definition["settings"] = {"timeout_s": 60}

    change(workflow, bob, build)
    change(workflow, alice, trim)
    change(workflow, alice, lambda d: d["nodes"][0].update(title="Mine"))
    found = shares(workflow)
    assert [each["id"] for each in found[bob.pk].nodes["added"]] == ["extra"]
    assert [each["id"] for each in found[bob.pk].edges["added"]] == ["greet:out>extra:in"]
    assert [each["id"] for each in found[alice.pk].nodes["removed"]] == ["reply"]
    assert [each["field"] for each in found[alice.pk].settings] == ["timeout_s"]
    assert found[alice.pk].edges["removed"]


def test_what_others_write_into_a_new_step_is_theirs(
    workflow: Workflow, bob: User, alice: User
) -> None:
    change(workflow, bob, lambda d: d["nodes"].append(node("extra", "core.respond")))
    Editor(workflow, alice).set("extra", "title", "Named by Alice")
    found = shares(workflow)
    assert [each["id"] for each in found[bob.pk].nodes["added"]] == ["extra"]
    assert fields(found[alice.pk]) == {("extra", "title")}


def test_the_log_may_be_compacted_between(workflow: Workflow, bob: User, alice: User) -> None:
    editor = Editor(workflow, bob)
    for turn in range(210):
        editor.set("greet", "title", f"Turn {turn}")
    workflow.refresh_from_db()
    drafts.compact(workflow)
    workflow.save()
    other = Editor(workflow, alice)
    other.set("reply", "title", "Alice's")
    found = shares(workflow)
    assert fields(found[bob.pk]) == {("greet", "title")}
    assert fields(found[alice.pk]) == {("reply", "title")}


def test_a_key_acts_for_somebody_and_it_says_so(workflow: Workflow, alice: User) -> None:
    _, text = create_api_key(name="Robot", role="owner", user=alice, actor=alice)
    definition = services.definition_of(workflow).as_json()
    definition["nodes"][0]["title"] = "By key"
    answer = key_client(text).patch(
        f"/api/v1/workflows/{workflow.pk}/",
        {"definition": definition},
        format="json",
        headers={"If-Match": "*"},
    )
    assert answer.status_code == 200, answer.content
    (share,) = contributions.unpublished(workflow)
    assert (share.author, share.through_api) == (alice.pk, True)
    assert workflow.points.in_order().last() is not None
    assert {point.kind for point in workflow.points.all()} == {"editor", "publish", "api"}


def test_concurrent_writes_of_one_field_belong_to_who_won(
    workflow: Workflow, bob: User, alice: User
) -> None:
    first, second = Editor(workflow, bob), Editor(workflow, alice)
    first.set("greet", "title", "Bob's")
    second.set("greet", "title", "Alice's")  # without having seen it
    points.record(workflow.pk)
    data = drafts.load(Workflow.objects.get(pk=workflow.pk)).data
    title = next(each["title"] for each in data["nodes"] if each["id"] == "greet")
    winner = bob if title == "Bob's" else alice
    assert set(shares(workflow)) == {winner.pk}
