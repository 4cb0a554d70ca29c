"""The API of workflows: the contract, its refusals, and input that makes no sense."""

import base64
from typing import Any

import pytest
from pycrdt import Doc, Map
from rest_framework.test import APIClient

from apps.accounts.models import Folder, RoleBinding, User
from apps.accounts.services import create_folder, role_named
from apps.audit.models import AuditEntry
from apps.common.ids import uuid7
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows import document, restoring, services
from apps.workflows.definition import parse
from apps.workflows.models import Workflow, WorkflowUpdate
from tests.factories.cast import api_client
from tests.workflows.definitions import edge, greeting, node

URL = "/api/v1/workflows/"


@pytest.fixture
def client(bob: User) -> APIClient:
    return api_client(bob)


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return services.create_workflow(actor=bob, name="Greeting", definition=greeting())


def url(workflow: Workflow, rest: str = "") -> str:
    return f"{URL}{workflow.pk}/{rest}"


def test_create_lays_out_and_answers_the_draft(client: APIClient) -> None:
    answer = client.post(URL, {"name": "Greeting", "definition": greeting()})
    assert answer.status_code == 201, answer.json()
    body = answer.json()
    assert [each["id"] for each in body["definition"]["nodes"]] == ["greet", "reply", "start"]
    assert len({tuple(each["position"]) for each in body["definition"]["nodes"]}) == 3
    assert (body["problem_count"], body["created_via"]) == (0, "api")
    assert client.get(f"{URL}{body['id']}/")["ETag"] == answer["ETag"]
    assert AuditEntry.objects.filter(action="workflow.created", target_id=body["id"]).exists()


def test_patch_wants_the_state_last_read(client: APIClient, workflow: Workflow) -> None:
    assert client.patch(url(workflow), {"name": "x"}).status_code == 428
    assert client.patch(url(workflow), {"name": "x"}, HTTP_IF_MATCH='"99"').status_code == 412
    done = client.patch(
        url(workflow), {"name": "Hi", "tags": ["a", "a", " b "]}, HTTP_IF_MATCH=workflow.etag
    )
    assert (done.status_code, done.json()["name"], done.json()["tags"]) == (200, "Hi", ["a", "b"])
    assert (
        client.patch(url(workflow), {"name": "x"}, HTTP_IF_MATCH=workflow.etag).status_code == 412
    )
    assert client.patch(url(workflow), {"name": "y"}, HTTP_IF_MATCH="*").status_code == 200


def test_patch_of_the_definition_adds_to_the_log(client: APIClient, workflow: Workflow) -> None:
    changed = greeting()
    changed["nodes"][2]["config"]["body"] = "Bye"
    answer = client.patch(url(workflow), {"definition": changed}, HTTP_IF_MATCH=workflow.etag)
    reply = next(each for each in answer.json()["definition"]["nodes"] if each["id"] == "reply")
    assert reply["config"]["body"] == "Bye"
    assert [each.seq for each in WorkflowUpdate.objects.order_by("seq")] == [1, 2]


BAD: dict[str, Any] = {
    "a list": [],
    "a text": "x",
    "wrong schema": {"schema": 2, "nodes": [], "edges": []},
    "unknown key": {**greeting(), "extra": 1},
    "bad id": {**greeting(), "nodes": [node("Start!", "core.start")]},
    "same id twice": {**greeting(), "nodes": [node("a", "core.start"), node("a", "core.respond")]},
    "huge number": {**greeting(), "settings": {"n": 2**60}},
    "position of one": {**greeting(), "nodes": [node("a", "core.start", position=[1])]},
    "nodes not a list": {"schema": 1, "nodes": {}, "edges": []},
}


@pytest.mark.parametrize("name", BAD)
def test_bad_definitions_are_refused_with_the_field(client: APIClient, name: str) -> None:
    answer = client.post(URL, {"name": "Bad", "definition": BAD[name]})
    assert answer.status_code == 422, answer.content
    assert answer.json()["code"] == "bad_definition"
    assert not Workflow.objects.exists()


def test_drafts_may_be_invalid_but_are_not_published(client: APIClient) -> None:
    draft = {
        "schema": 1,
        "nodes": [
            node("start", "core.start"),
            node("a", "no.such"),
            node(
                "b",
                "data.transform",
                config={"fields": [{"name": "x", "value": "{{ nodes.gone.output }}"}]},
            ),
            node("c", "logic.if", config={"condition": "{{ import os }}"}),
        ],
        "edges": [
            edge("start", "b"),
            edge("b", "c"),
            edge("c", "b", port="true"),
            edge("start", "b", port="nope"),
        ],
    }
    made = client.post(URL, {"name": "Broken", "definition": draft})
    assert made.status_code == 201
    answer = client.post(f"{URL}{made.json()['id']}/publish/", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "has_problems")
    found = {(each["code"], each["node"]) for each in answer.json()["errors"]}
    assert {
        ("unknown_type", "a"),
        ("cycle", "b"),
        ("unknown_step", "b"),
        ("bad_expression", "c"),
        ("unknown_port", "start"),
    } <= found
    assert all(each["message"] for each in answer.json()["errors"])


def test_publish_list_view_restore_and_diff(
    client: APIClient, workflow: Workflow, bob: User
) -> None:
    first = client.post(url(workflow, "publish/"), {"notes": "First"})
    assert (first.status_code, first.json()["number"], first.json()["created_by"]) == (
        201,
        1,
        "Bob",
    )
    assert client.post(url(workflow, "publish/"), {}).json()["code"] == "nothing_to_publish"
    changed = greeting()
    changed["nodes"][2]["config"]["body"] = "Bye"
    workflow.refresh_from_db()
    client.patch(url(workflow), {"definition": changed}, HTTP_IF_MATCH=workflow.etag)
    assert client.post(url(workflow, "publish/"), {"notes": "Second"}).json()["number"] == 2
    listed = client.get(url(workflow, "versions/")).json()["results"]
    assert [each["number"] for each in listed] == [2, 1]
    change = client.get(url(workflow, "diff/"), {"from": 1, "to": 2}).json()["nodes"]["changed"]
    assert change[0]["fields"] == [
        {"field": "config.body", "before": "{{ prev.text }}", "after": "Bye"}
    ]
    one = client.get(url(workflow, "versions/1/")).json()
    restored = client.post(url(workflow, "versions/1/restore/"))
    assert restored.json()["definition"] == one["definition"]
    assert client.get(url(workflow, "versions/3/")).status_code == 404
    assert client.get(url(workflow, "diff/"), {"from": 1}).status_code == 422


def test_nothing_replaces_several_steps_only_where_that_is_said(
    client: APIClient, workflow: Workflow
) -> None:
    nothing = {"definition": {"schema": 1, "nodes": [], "edges": []}}
    refused = client.patch(url(workflow), {"name": "x", **nothing}, HTTP_IF_MATCH="*")
    assert (refused.status_code, refused.json()["code"]) == (422, "would_be_empty")
    assert refused.json()["errors"][0]["field"] == "definition"
    kept = client.get(url(workflow)).json()
    assert (kept["name"], len(kept["definition"]["nodes"])) == ("Greeting", 3)

    emptied = client.patch(url(workflow), {"allow_empty": True, **nothing}, HTTP_IF_MATCH="*")
    assert (emptied.status_code, emptied.json()["definition"]["nodes"]) == (200, [])
    one = {"schema": 1, "nodes": [node("start", "core.start")], "edges": []}
    for definition in (nothing["definition"], one, nothing["definition"]):  # no or one step
        answer = client.patch(url(workflow), {"definition": definition}, HTTP_IF_MATCH="*")
        assert answer.status_code == 200


def test_a_point_without_steps_can_be_gone_back_to(client: APIClient, bob: User) -> None:
    made = services.create_workflow(actor=bob, name="From nothing")
    point = restoring.name_present(made, actor=bob, name="Nothing yet")
    changes = {"definition": greeting()}
    services.update_workflow(made, actor=bob, revision=None, changes=changes)
    restored = client.post(url(made, f"history/{point.pk}/restore/"))
    assert (restored.status_code, restored.json()["definition"]["nodes"]) == (200, [])


def test_moving_a_node_is_no_change_to_publish(
    client: APIClient, workflow: Workflow, bob: User
) -> None:
    services.publish_workflow(workflow, actor=bob)
    services.arrange_workflow(workflow, actor=bob)
    assert client.get(url(workflow)).json()["has_unpublished_changes"] is False


def post_update(client: APIClient, workflow: Workflow, update: bytes, state: bytes = b"") -> Any:
    query = f"?sv={base64.urlsafe_b64encode(state).decode().rstrip('=')}" if state else ""
    return client.post(
        url(workflow, f"updates/{query}"), data=update, content_type="application/octet-stream"
    )


def test_two_tabs_merge(client: APIClient, workflow: Workflow, bob: User) -> None:
    start = client.get(url(workflow, "updates/")).content
    ana, ben = document.load([start]), document.load([start])
    for tab, change in ((ana, {"title": "Greet them"}), (ben, {"position": [700, 7]})):
        data = document.read(tab)
        next(each for each in data["nodes"] if each["id"] == "greet").update(change)
        document.write(tab, parse(data))
    assert post_update(client, workflow, ana.get_update()).status_code == 200
    answer = post_update(client, workflow, ben.get_update(), state=ben.get_state())
    ben.apply_update(answer.content)
    greet = next(each for each in document.read(ben)["nodes"] if each["id"] == "greet")
    assert (greet["title"], greet["position"]) == ("Greet them", [700, 7])
    workflow.refresh_from_db()
    assert answer["ETag"] == workflow.etag


def test_the_same_update_again_adds_nothing(client: APIClient, workflow: Workflow) -> None:
    tab = document.load([client.get(url(workflow, "updates/")).content])
    document.write_details(tab, {"name": "Renamed in the studio"})
    for _ in range(2):
        assert post_update(client, workflow, tab.get_update()).status_code == 200
    workflow.refresh_from_db()
    assert (workflow.name, workflow.draft_seq) == ("Renamed in the studio", 2)


def test_bad_updates_leave_the_draft_alone(client: APIClient, workflow: Workflow) -> None:
    doc: Any = Doc()
    doc.get("nodes", type=Map)["a"] = 5
    for update in (b"", b"garbage", b"\xff" * 50, doc.get_update()):
        answer = post_update(client, workflow, update)
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json"), (
            update
        )
    assert post_update(client, workflow, b"\x00\x00", state=b"\xff\xff").status_code == 422
    workflow.refresh_from_db()
    assert workflow.draft_seq == 1


def test_long_logs_are_merged_and_read_the_same(bob: User, workflow: Workflow) -> None:
    for place in range(205):
        workflow = services.update_workflow(
            workflow, actor=bob, revision=None, changes={"description": f"Change {place}"}
        )
    assert workflow.snapshot_seq == 200
    assert services.definition_of(workflow).as_json()["nodes"][0]["id"] == "greet"
    tab = document.load([services.read_update(workflow, None)])
    assert document.read_details(tab) == {"name": "Greeting", "description": "Change 204"}


def test_bin_restore_and_purge(client: APIClient, workflow: Workflow, alice: User) -> None:
    assert client.delete(url(workflow)).status_code == 204
    assert client.get(URL).json()["results"] == []
    assert len(client.get(URL, {"state": "bin"}).json()["results"]) == 1
    assert client.patch(url(workflow), {"name": "x"}, HTTP_IF_MATCH="*").json()["code"] == "in_bin"
    assert client.delete(url(workflow) + "?purge=true").status_code == 403
    assert client.post(url(workflow, "restore/")).status_code == 200
    owner = api_client(alice)
    assert owner.delete(url(workflow) + "?purge=true").json()["code"] == "not_in_bin"
    owner.delete(url(workflow))
    assert owner.delete(url(workflow) + "?purge=true").status_code == 204
    assert not Workflow.objects.exists()


def test_archive_duplicate_export_import(client: APIClient, workflow: Workflow) -> None:
    assert client.post(url(workflow, "archive/")).json()["archived_at"]
    assert client.get(URL).json()["results"] == []
    assert client.post(url(workflow, "unarchive/")).json()["archived_at"] is None
    assert client.post(url(workflow, "duplicate/")).json()["name"] == "Greeting (copy)"
    exported = client.get(url(workflow, "export/"))
    assert exported["Content-Disposition"].startswith("attachment")
    imported = client.post(f"{URL}import/", exported.json())
    assert (imported.status_code, imported.json()["created_via"]) == (201, "import")
    assert imported.json()["definition"] == client.get(url(workflow)).json()["definition"]
    files: list[Any] = [[], {"format": "other", "definition": greeting()}, {"definition": 5}]
    for bad in files:
        assert client.post(f"{URL}import/", bad).status_code == 422


def test_filters_and_paging(client: APIClient, bob: User, alice: User) -> None:
    folder = create_folder(name="Support", actor=alice)
    for place in range(3):
        services.create_workflow(
            actor=bob,
            name=f"Nr {place}",
            folder=folder if place else None,
            tags=["x"] if place == 2 else [],
        )

    def names(**query: Any) -> list[str]:
        return [each["name"] for each in client.get(URL, query).json()["results"]]

    assert names() == ["Nr 2", "Nr 1", "Nr 0"]
    assert names(q="nr 1") == ["Nr 1"]
    assert names(tag="x") == ["Nr 2"]
    assert names(folder=folder.pk) == ["Nr 2", "Nr 1"]
    assert names(published="true") == []
    page = client.get(URL, {"page_size": 2}).json()
    assert page["next"]
    assert len(client.get(page["next"]).json()["results"]) == 1
    for bad in ({"folder": "x"}, {"folder": str(uuid7())}, {"state": "gone"}):
        assert client.get(URL, bad).status_code == 422


def test_expressions_and_validation_are_checked(client: APIClient, workflow: Workflow) -> None:

    def check(**body: Any) -> Any:
        return client.post("/api/v1/expressions/check/", body).json()["problems"]

    assert check(text="{{ input.who }}") == []
    assert check(text="{{ input. }}")[0]["code"] == "bad_expression"
    assert (
        check(text="{{ nodes.greet.output.text }}", workflow=str(workflow.pk), node="reply") == []
    )
    unknown = check(text="{{ nodes.reply.output }}", workflow=str(workflow.pk), node="greet")
    assert unknown[0]["code"] == "unknown_step"
    assert client.post(url(workflow, "validate/"), {}).json() == {"problems": []}
    empty = client.post(
        url(workflow, "validate/"), {"definition": {"schema": 1, "nodes": [], "edges": []}}
    )
    assert empty.json()["problems"][0]["code"] == "empty"
    assert client.get("/api/v1/schemas/definition.json").json()["title"] == "Definition"


REFUSED = [
    ("post", "", {"name": "x"}),
    ("patch", "{id}/", {"name": "x"}),
    ("delete", "{id}/", None),
    ("post", "{id}/publish/", {}),
    ("post", "{id}/layout/", {}),
    ("post", "{id}/archive/", {}),
    ("post", "{id}/duplicate/", {}),
    ("post", "import/", greeting()),
]


@pytest.mark.parametrize(("method", "path", "body"), REFUSED)
def test_viewers_may_only_read(
    vera: User, workflow: Workflow, method: str, path: str, body: Any
) -> None:
    client = api_client(vera)
    answer = getattr(client, method)(URL + path.format(id=workflow.pk), body, HTTP_IF_MATCH="*")
    assert answer.status_code == 403, answer.content
    assert post_update(client, workflow, b"\x00\x00").status_code == 403
    assert client.get(url(workflow)).status_code == 200


def test_folder_rights_reach_only_the_folder(alice: User, bob: User, alpha: Any) -> None:
    folder = create_folder(name="Sales", actor=alice)
    inside = services.create_workflow(actor=bob, name="In", folder=folder)
    outside = services.create_workflow(actor=bob, name="Out")
    guest = User.objects.create_user("guest@sales.example", name="Guest")
    RoleBinding.objects.create(user=guest, role=role_named("builder"), folder=folder)
    client = api_client(guest)
    assert [each["name"] for each in client.get(URL).json()["results"]] == ["In"]
    assert client.get(url(outside)).status_code == 404
    assert client.patch(url(inside), {"name": "New"}, HTTP_IF_MATCH="*").status_code == 200
    assert client.patch(url(inside), {"folder": None}, HTTP_IF_MATCH="*").status_code in (403, 404)
    assert client.post(URL, {"name": "Elsewhere"}).status_code == 403
    assert Folder.objects.count() == 1


def test_a_foreign_workflow_is_not_there(mallory: User, workflow: Workflow, beta: Tenant) -> None:
    with tenant_context(beta):
        client = api_client(mallory, "beta")
    for path in ("", "updates/", "versions/", "export/"):
        assert client.get(url(workflow, path)).status_code == 404
