"""The history over the API: listing, reading, naming, restoring, and who may."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows import drafts, services
from apps.workflows.drafts import Written
from apps.workflows.models import Workflow
from tests.factories.cast import api_client
from tests.workflows.definitions import greeting
from tests.workflows.drafting import Editor, change


@pytest.fixture
def workflow(alice: User, bob: User) -> Workflow:
    """Made by Bob and published by Alice, who changed a title after that."""
    made = services.create_workflow(actor=bob, name="Greeting", definition=greeting())
    services.publish_workflow(made, actor=alice)
    change(made, alice, lambda d: d["nodes"][0].update(title="Warm greeting"))
    return made


def path(workflow: Workflow, rest: str = "") -> str:
    return f"/api/v1/workflows/{workflow.pk}/history/{rest}"


def listed(user: User, workflow: Workflow, query: str = "") -> list[dict[str, Any]]:
    answer = api_client(user).get(path(workflow) + query)
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def test_the_list_says_what_happened(workflow: Workflow, vera: User, alice: User) -> None:
    newest, published, made = listed(vera, workflow)
    assert (published["kind"], published["version"]) == ("publish", 1)
    assert [author["name"] for author in newest["authors"]] == ["Alice"]
    assert newest["authors"][0]["colour"]
    (told,) = newest["changes"]
    assert (told["operation"], told["title"], told["author"]) == (
        "set",
        "Warm greeting",
        str(alice.pk),
    )
    operations = [each["operation"] for each in made["changes"]]
    assert (operations.count("add"), operations.count("connect")) == (3, 2)
    assert made["change_count"] == len(operations)


def test_it_is_filtered_and_paged(workflow: Workflow, vera: User, alice: User, bob: User) -> None:
    assert [p["seq"] for p in listed(vera, workflow, f"?author={bob.pk}")] == [1]
    assert [p["kind"] for p in listed(vera, workflow, "?kind=publish")] == ["publish"]
    assert listed(vera, workflow, "?kind=named") == []
    api_client(bob).post(path(workflow), {"name": "Before the refactoring"})
    assert [p["name"] for p in listed(vera, workflow, "?kind=named")] == ["Before the refactoring"]
    assert len(listed(vera, workflow, "?q=refactor")) == 1
    page = api_client(vera).get(path(workflow, "?page_size=2")).json()
    assert (len(page["results"]), len(api_client(vera).get(page["next"]).json()["results"])) == (
        2,
        1,
    )
    for wrong in ("author=x", "kind=x"):
        assert api_client(vera).get(path(workflow, f"?{wrong}")).status_code == 422


def test_everybody_who_changed_it_is_named(workflow: Workflow, vera: User, alice: User) -> None:
    services.publish_workflow(workflow, actor=alice, notes="Warmer")
    answer = api_client(vera).get(path(workflow, "authors/"))
    assert [each["name"] for each in answer.json()["results"]] == ["Alice", "Bob"]
    assert [point["notes"] for point in listed(vera, workflow)] == ["Warmer", "", "", ""]


def test_a_point_gives_its_definition_and_differences(workflow: Workflow, vera: User) -> None:
    newest, _, made = listed(vera, workflow)
    client = api_client(vera)
    then = client.get(path(workflow, f"{made['id']}/")).json()
    assert [each["title"] for each in then["definition"]["nodes"]] == ["", "", ""]
    now = client.get(path(workflow, f"{made['id']}/diff/?with=now")).json()
    assert now["nodes"]["changed"][0]["fields"][0]["after"] == "Warm greeting"
    before = client.get(path(workflow, f"{newest['id']}/diff/?with=before")).json()
    assert before["nodes"] == now["nodes"]
    first = client.get(path(workflow, f"{made['id']}/diff/?with=before")).json()
    assert len(first["nodes"]["added"]) == 3
    assert client.get(path(workflow, f"{made['id']}/diff/?with=x")).status_code == 422


def test_moving_a_step_is_a_change_to_who_asks_for_that(
    workflow: Workflow, bob: User, vera: User
) -> None:
    made = listed(vera, workflow)[0]
    data = drafts.load(workflow).data
    [first, *rest] = data["nodes"]
    moved = {**data, "nodes": [{**first, "position": [7, 9]}, *rest]}
    services.update_workflow(workflow, actor=bob, revision=None, changes={"definition": moved})
    diff = path(workflow, f"{made['id']}/diff/?with=now")
    assert api_client(vera).get(diff).json()["nodes"]["changed"] == []
    [changed] = api_client(vera).get(f"{diff}&layout=true").json()["nodes"]["changed"]
    assert [each["field"] for each in changed["fields"]] == ["position"]
    assert changed["fields"][0]["after"] == [7, 9]


def test_restoring_is_an_edit_that_all_hear_of(
    workflow: Workflow, bob: User, alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    made = listed(bob, workflow)[-1]
    with django_capture_on_commit_callbacks() as callbacks:
        answer = api_client(bob).post(path(workflow, f"{made['id']}/restore/"))
    assert answer.status_code == 200, answer.content
    assert callbacks
    assert [each["title"] for each in answer.json()["definition"]["nodes"]] == ["", "", ""]
    assert Workflow.objects.get(pk=workflow.pk).draft_seq == 3  # added, never rewritten
    entry = AuditEntry.objects.filter(action="workflow.restored").get()
    assert entry.after == {"seq": 1, "name": ""}
    assert listed(bob, workflow)[0]["kind"] == "restore"


def test_one_step_is_restored(workflow: Workflow, bob: User) -> None:
    made = listed(bob, workflow)[-1]
    change(workflow, bob, lambda d: d["nodes"][1].update(title="Mine"))
    titled = services.definition_of(Workflow.objects.get(pk=workflow.pk)).as_json()["nodes"]
    warm = next(each["id"] for each in titled if each["title"] == "Warm greeting")
    url = path(workflow, f"{made['id']}/restore/")
    answer = api_client(bob).post(url, {"node": warm})
    assert sorted(each["title"] for each in answer.json()["definition"]["nodes"]) == [
        "",
        "",
        "Mine",
    ]
    assert api_client(bob).post(url, {"node": "nowhere"}).status_code == 404


def test_names_are_given_changed_and_taken_away(workflow: Workflow, bob: User) -> None:
    client = api_client(bob)
    made = client.post(path(workflow), {"name": " Before "})
    assert (made.status_code, made.json()["name"]) == (201, "Before")
    point = path(workflow, f"{made.json()['id']}/")
    assert client.patch(point, {"name": "Earlier"}).json()["name"] == "Earlier"
    other = path(workflow, f"{listed(bob, workflow)[-1]['id']}/")
    assert client.patch(other, {"name": "Earlier"}).status_code == 422
    assert client.patch(point, {"name": ""}).json()["name"] == ""
    actions = AuditEntry.objects.filter(action="workflow.point_named")
    assert [each.after["name"] for each in actions.order_by("pk") if each.after] == [
        "Before",
        "Earlier",
        "",
    ]


def test_who_may_not_edit_looks_only(workflow: Workflow, vera: User, bob: User) -> None:
    point = path(workflow, f"{listed(vera, workflow)[0]['id']}/")
    client = api_client(vera)
    assert client.get(point).status_code == 200
    assert client.post(path(workflow), {"name": "Mine"}).status_code == 403
    assert client.patch(point, {"name": "Mine"}).status_code == 403
    assert client.post(f"{point}restore/").status_code == 403


def test_other_workspaces_see_nothing(
    workflow: Workflow, mallory: User, bob: User, beta: Tenant
) -> None:
    point = listed(bob, workflow)[0]["id"]
    with tenant_context(beta):
        client = api_client(mallory, "beta")
    for each in ("", "authors/", f"{point}/", f"{point}/diff/?with=now"):
        assert client.get(path(workflow, each)).status_code == 404
    other = services.create_workflow(actor=bob, name="Other", definition=greeting())
    assert api_client(bob).get(path(other, f"{point}/")).status_code == 404


def test_nothing_is_named_or_restored_in_the_bin(workflow: Workflow, alice: User) -> None:
    point = listed(alice, workflow)[0]["id"]
    services.delete_workflow(workflow, actor=alice)
    client = api_client(alice)
    assert client.post(path(workflow), {"name": "Late"}).status_code == 409
    assert client.post(path(workflow, f"{point}/restore/")).status_code == 409


def test_contributions_name_the_authors(workflow: Workflow, bob: User, alice: User) -> None:
    Editor(workflow, bob).set("reply", "title", "Reply")
    answer = api_client(alice).get(f"/api/v1/workflows/{workflow.pk}/contributions/").json()
    assert answer["version"] == 1
    found = {share["author"]["name"]: share for share in answer["contributions"]}
    assert set(found) == {"Alice", "Bob"}
    assert (found["Alice"]["is_you"], found["Bob"]["is_you"]) == (True, False)
    assert found["Bob"]["nodes"]["changed"][0]["fields"][0]["field"] == "title"


def test_reading_takes_few_statements_whatever_the_length(
    workflow: Workflow, bob: User, alice: User
) -> None:
    """What is read is bounded: the page, and the log from the last stored state on."""

    def statements(url: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert api_client(bob).get(url).status_code == 200
        return len(found)

    first = listed(bob, workflow)[0]["id"]
    short = statements(path(workflow)), statements(path(workflow, f"{first}/"))
    editor = Editor(workflow, bob)
    editor.part("nodes")["greet"]["title"] = "Long"
    data = editor.doc.get_update()
    for _ in range(10):
        drafts.extend(workflow.pk, [Written(data, bob.pk), Written(data, alice.pk)] * 100)
    newest = listed(bob, workflow)[0]["id"]
    long = statements(path(workflow)), statements(path(workflow, f"{newest}/"))
    assert long == short
    assert max(long) <= 30
