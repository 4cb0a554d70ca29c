"""The API of runs and approvals: the contract, its refusals, and input that makes no sense."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts import roles
from apps.accounts.models import RoleBinding, User
from apps.accounts.services import create_api_key, create_folder, role_named
from apps.common.ids import uuid7
from apps.dispatch.models import Ticket
from apps.runs.models import Run
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows import services as workflows
from apps.workflows.models import Workflow
from tests.factories.cast import api_client, key_client
from tests.factories.runs import Start, carry, carry_family
from tests.runs.interpreter.test_rounds import each, inside, over
from tests.runs.interpreter.test_semantics import transform
from tests.runs.scenes import asking, failing, published, started
from tests.workflows.definitions import greeting

URL = "/api/v1/runs/"


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return published(bob)


@pytest.fixture
def client(oscar: User) -> APIClient:
    return api_client(oscar)


def start_url(workflow: Workflow) -> str:
    return f"/api/v1/workflows/{workflow.pk}/runs/"


@pytest.mark.django_db(transaction=True)
def test_a_run_starts_and_is_told(client: APIClient, workflow: Workflow, oscar: User) -> None:
    answer = client.post(start_url(workflow), {"inputs": {"who": "Ada"}})
    assert answer.status_code == 202, answer.content
    assert set(answer.json()) == {"id", "status"}
    told = client.get(f"{URL}{answer.json()['id']}/").json()
    assert told["workflow"] == {"id": str(workflow.pk), "name": "Greeting"}
    assert told["version"]["number"] == 1
    assert (told["status"], told["trigger"], told["inputs"]) == ("queued", "manual", {"who": "Ada"})
    assert (told["cost_usd"], told["tokens"], told["retry_of"]) == ("0.000000", 0, None)
    assert [each["id"] for each in client.get(start_url(workflow)).json()["results"]] == [
        told["id"]
    ]
    assert Ticket.objects.filter(pk=told["id"]).exists()


@pytest.mark.django_db(transaction=True)
def test_a_key_starts_as_a_program(workflow: Workflow, oscar: User) -> None:
    _, text = create_api_key(user=oscar, name="ci", role="operator", actor=oscar)
    answer = key_client(text).post(start_url(workflow), {"inputs": {"who": "Ada"}})
    assert Run.objects.get(pk=answer.json()["id"]).trigger == "api"


BAD_BODIES: list[tuple[Any, int, str, str]] = [
    ({"inputs": {}}, 422, "bad_inputs", "who"),
    ({"inputs": {"who": 7}}, 422, "bad_inputs", "who"),
    ({"inputs": []}, 422, "invalid", "inputs"),
    ({"inputs": {"who": "Ada"}, "version": 0}, 422, "invalid", "version"),
    ({"inputs": {"who": "Ada"}, "version": True}, 422, "invalid", "version"),
    ({"inputs": {"who": "Ada"}, "version": "latest"}, 422, "invalid", "version"),
    ({"inputs": {"who": "Ada"}, "wait": 61}, 422, "invalid", "wait"),
    ({"inputs": {"who": "Ada"}, "wait": -1}, 422, "invalid", "wait"),
    ({"inputs": {"who": "Ada"}, "wait": "soon"}, 422, "invalid", "wait"),
    ([], 422, "invalid", ""),
]


@pytest.mark.django_db(transaction=True)
def test_bad_bodies_name_the_field(client: APIClient, workflow: Workflow) -> None:
    for body, status, code, field in BAD_BODIES:
        answer = client.post(start_url(workflow), body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
        fields = {each["field"] for each in answer.json()["errors"]}
        assert any(name.endswith(field) for name in fields), (body, fields)
        assert answer["Content-Type"] == "application/problem+json"
    assert (
        client.post(start_url(workflow), b"{", content_type="application/json").status_code == 400
    )
    assert client.post(start_url(workflow), b"x=1", content_type="text/plain").status_code == 415
    assert not Run.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_versions_are_chosen(client: APIClient, workflow: Workflow, bob: User) -> None:
    body = {"inputs": {"who": "Ada"}}
    assert client.post(start_url(workflow), {**body, "version": 1}).status_code == 202
    missing = client.post(start_url(workflow), {**body, "version": 9})
    assert (missing.status_code, missing.json()["code"]) == (404, "no_such_version")
    # An operator may run what is published; a draft is for those who may change it.
    assert client.post(start_url(workflow), {**body, "version": "draft"}).status_code == 403
    workflows.update_workflow(workflow, actor=bob, revision=None, changes={"definition": asking()})
    draft = api_client(bob).post(start_url(workflow), {**body, "version": "draft"})
    assert draft.status_code == 202
    version = client.get(f"{URL}{draft.json()['id']}/").json()["version"]
    assert version["number"] is None
    unpublished = workflows.create_workflow(actor=bob, name="New", definition=greeting())
    refused = client.post(start_url(unpublished), body)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_published")


@pytest.mark.django_db(transaction=True)
def test_a_repeat_with_the_same_key_starts_nothing(client: APIClient, workflow: Workflow) -> None:
    headers = {"Idempotency-Key": str(uuid7())}
    body = {"inputs": {"who": "Ada"}}
    first = client.post(start_url(workflow), body, headers=headers)
    again = client.post(start_url(workflow), body, headers=headers)
    assert (again.status_code, again["Idempotency-Replayed"]) == (202, "true")
    assert first.json() == again.json()
    assert Run.objects.count() == 1
    other = client.post(start_url(workflow), {"inputs": {"who": "Bo"}}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


@pytest.mark.django_db(transaction=True)
def test_a_run_is_one_of_its_kind(
    client: APIClient, workflow: Workflow, vera: User, bob: User
) -> None:
    body = {"inputs": {"who": "Ada"}, "dedupe_key": "order ü/7"}
    first = client.post(start_url(workflow), body)
    again = client.post(start_url(workflow), {**body, "inputs": {"who": "Bo"}})
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    carry(Run.objects.get())
    done = client.post(start_url(workflow), {**body, "wait": 5})
    assert (done.status_code, done.json()["id"]) == (200, first.json()["id"])
    assert done.json()["inputs"] == {"who": "Ada"}
    assert Run.objects.count() == 1
    assert api_client(vera).post(start_url(workflow), body).status_code == 403
    other = published(bob, name="Other")  # whose keys are its own
    assert client.post(start_url(other), body).json()["id"] != first.json()["id"]
    for key in ("", "order 8"):
        assert client.post(start_url(workflow), {**body, "dedupe_key": key}).status_code == 202
    assert Run.objects.count() == 4
    long = client.post(start_url(workflow), {**body, "dedupe_key": "x" * 201})
    assert (long.status_code, long.json()["errors"][0]["field"]) == (422, "dedupe_key")


@pytest.mark.django_db(transaction=True)
def test_a_known_key_shows_no_run_that_one_may_not_see(
    client: APIClient, workflow: Workflow, oscar: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"inputs": {"who": "Ada"}, "dedupe_key": "order 7"}
    client.post(start_url(workflow), body)
    carry(Run.objects.get())
    reduced = {**roles.BUILTIN, "operator": roles.BUILTIN["operator"] - {"run.view"}}
    monkeypatch.setattr("apps.accounts.models.rights.BUILTIN", reduced)
    answer = api_client(oscar).post(start_url(workflow), {**body, "wait": 5})
    assert (answer.status_code, "Ada" in answer.text) == (403, False)
    assert api_client(oscar).post(start_url(workflow), {"inputs": {"who": "Bo"}}).status_code == 202


def test_the_list_filters_and_pages(client: APIClient, workflow: Workflow, bob: User) -> None:
    other = published(bob, name="Other")
    for _ in range(2):
        started(workflow, bob)
    last = started(other, bob)
    Run.objects.filter(pk=last.pk).update(status="failed")

    def found(**params: Any) -> int:
        answer = client.get(URL, params)
        assert answer.status_code == 200, answer.content
        return len(answer.json()["results"])

    assert found() == 3
    assert found(status="failed") == 1
    assert found(status="failed,queued") == 3
    assert found(workflow=other.pk) == 1
    assert found(trigger="api") == 0
    assert found(since="2020-01-01", until="2020-01-02T00:00:00Z") == 0
    assert found(since="2020-01-01T00:00:00+02:00") == 3
    page = client.get(URL, {"page_size": 2}).json()
    assert len(client.get(page["next"]).json()["results"]) == 1
    for field, text in (
        ("status", "done"),
        ("workflow", "x"),
        ("trigger", "me"),
        ("since", "soon"),
        ("until", "2020-99-99"),
    ):
        answer = client.get(URL, {field: text})
        assert answer.status_code == 422, field
        assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_steps_are_told_in_the_order_of_the_graph(
    client: APIClient, workflow: Workflow, bob: User
) -> None:
    run = started(workflow, bob)
    assert client.get(f"{URL}{run.pk}/nodes/").json()["results"] == []
    carry(run)
    steps = client.get(f"{URL}{run.pk}/nodes/").json()["results"]
    assert [each["node"] for each in steps] == ["start", "greet", "reply"]
    greet = steps[1]
    assert (greet["status"], greet["attempt"], greet["error"]) == ("succeeded", 1, None)
    assert greet["output"] == {"text": "Hello Ada"}
    assert greet["logs"] == []
    first = client.get(f"{URL}{run.pk}/nodes/", {"page_size": 2}).json()
    second = client.get(first["next"]).json()
    assert [each["node"] for each in first["results"] + second["results"]] == [
        "start", "greet", "reply",
    ]  # fmt: skip
    assert second["next"] is None
    assert client.get(f"{URL}{run.pk}/").json()["outputs"] == "Hello Ada"


def test_steps_are_asked_for_by_round_and_by_name(client: APIClient, start: Start) -> None:
    part = over(each(), inside("each", transform("a")), inside("each", transform("b")))
    run = carry(start(part, orders=[1, 2, 3]))

    def found(**query: Any) -> list[tuple[str, str]]:
        steps = client.get(f"{URL}{run.pk}/nodes/", query).json()["results"]
        return [(step["frame"], step["node"]) for step in steps]

    assert len(found()) == 8
    assert found(frame="") == [("", "start"), ("", "each")]
    assert found(frame="each.1") == [("each.1", "a"), ("each.1", "b")]
    assert found(node="a", frame=["each.0", "each.2"]) == [("each.0", "a"), ("each.2", "a")]
    assert found(node=["a", "each"]) == [
        ("", "each"), ("each.0", "a"), ("each.1", "a"), ("each.2", "a"),
    ]  # fmt: skip
    assert found(frame="each.9") == found(node="nobody") == []
    paged = client.get(f"{URL}{run.pk}/nodes/", {"node": "a", "page_size": "2"}).json()
    assert [step["frame"] for step in paged["results"]] == ["each.0", "each.1"]
    assert [step["frame"] for step in client.get(paged["next"]).json()["results"]] == ["each.2"]
    many = client.get(f"{URL}{run.pk}/nodes/?" + "node=a&" * 51)
    assert (many.status_code, many.json()["errors"][0]["field"]) == (422, "node")
    assert client.get(f"{URL}{run.pk}/nodes/?frame=%00").status_code < 500


def test_the_runs_inside_one_are_found_by_it(client: APIClient, start: Start) -> None:
    part = over(each(), inside("each", transform("a")))
    run = carry_family(start(part, orders=list(range(250))))
    inner = client.get(URL, {"parent": str(run.pk)}).json()["results"]
    assert {each["parent"] for each in inner} == {str(run.pk)}
    assert sorted(each["chunk"]["first"] for each in inner) == [0, 100, 200]
    assert {each["chunk"]["node"] for each in inner} == {"each"}
    assert client.get(URL, {"parent": str(inner[0]["id"])}).json()["results"] == []
    assert client.get(f"{URL}{run.pk}/").json()["chunk"] is None
    assert client.get(URL, {"parent": "x"}).json()["errors"][0]["field"] == "parent"


def test_a_run_is_steered(client: APIClient, workflow: Workflow, bob: User) -> None:
    run = started(workflow, bob)

    def post(verb: str, **body: Any) -> Any:
        return client.post(f"{URL}{run.pk}/{verb}/", body)

    assert post("resume").json()["code"] == "not_paused"
    assert post("retry").json()["code"] == "run_not_finished"
    assert post("pause").json()["status"] == "paused"
    assert post("resume").json()["status"] == "queued"
    cancelled = post("cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert cancelled.json()["workflow"]["name"] == "Greeting"
    assert (post("cancel").status_code, post("cancel").json()["code"]) == (409, "run_finished")


def test_a_retry_is_a_new_run(client: APIClient, bob: User) -> None:
    run = carry(started(published(bob, failing()), bob))
    url = f"{URL}{run.pk}/retry/"
    answer = client.post(url, {})
    assert answer.status_code == 201, answer.content
    assert (answer.json()["retry_of"], answer.json()["trigger"]) == (str(run.pk), "retry")
    unknown = client.post(url, {"from_node": "gone"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "no_such_step")
    bad = client.post(url, {"inputs": []})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "inputs")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("word", ["x", "0", "01a21256-5be3-71b4-b6fa-57a31651d249"])
def test_what_is_no_id_is_not_there(client: APIClient, word: str) -> None:
    for path in ("runs/{}/", "runs/{}/nodes/", "approvals/{}/", "workflows/{}/runs/"):
        assert client.get("/api/v1/" + path.format(word)).status_code == 404, path
    for path in ("runs/{}/cancel/", "runs/{}/retry/", "approvals/{}/decide/"):
        body = {"decision": "approved"}
        assert client.post("/api/v1/" + path.format(word), body).status_code == 404, path


def test_viewers_may_only_look(vera: User, workflow: Workflow, bob: User) -> None:
    run = started(workflow, bob)
    client = api_client(vera)
    assert client.get(f"{URL}{run.pk}/").status_code == 200
    for verb in ("cancel", "pause", "resume", "retry"):
        assert client.post(f"{URL}{run.pk}/{verb}/", {}).status_code == 403, verb


@pytest.mark.django_db(transaction=True)
def test_viewers_start_nothing(vera: User, workflow: Workflow) -> None:
    answer = api_client(vera).post(start_url(workflow), {"inputs": {"who": "Ada"}})
    assert answer.status_code == 403
    assert not Run.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_strangers_are_refused(workflow: Workflow, bob: User) -> None:
    run = started(workflow, bob)
    client = APIClient(HTTP_HOST="alpha.localhost")
    for path in (f"{URL}{run.pk}/", URL, f"{URL}{run.pk}/events/", "/api/v1/approvals/"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), path
    assert client.post(start_url(workflow), {}).status_code == 401
    assert key_client("aut_nope").post(start_url(workflow), {}).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_a_session_alone_needs_its_csrf_token(workflow: Workflow, oscar: User) -> None:
    client = APIClient(HTTP_HOST="alpha.localhost", enforce_csrf_checks=True)
    client.force_login(oscar)
    answer = client.post(start_url(workflow), {"inputs": {"who": "Ada"}})
    assert answer.status_code == 403
    assert not Run.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_foreign_run_is_not_there(
    mallory: User, workflow: Workflow, bob: User, beta: Tenant
) -> None:
    run = started(workflow, bob)
    assert api_client(bob).get(f"{URL}{run.pk}/events/").status_code == 200
    with tenant_context(beta):
        client = api_client(mallory, "beta")
    for path in ("", "nodes/", "events/"):
        assert client.get(f"{URL}{run.pk}/{path}").status_code == 404
    assert client.get(start_url(workflow)).status_code == 404
    assert client.post(start_url(workflow), {"inputs": {}}).status_code == 404
    for verb in ("cancel", "pause", "resume", "retry"):
        assert client.post(f"{URL}{run.pk}/{verb}/", {}).status_code == 404


def test_folder_rights_reach_only_the_folder(alice: User, bob: User, workflow: Workflow) -> None:
    folder = create_folder(name="Sales", actor=alice)
    inside = published(bob, name="In")
    workflows.update_workflow(inside, actor=bob, revision=None, changes={"folder": folder})
    seen, hidden = started(inside, bob), started(workflow, bob)
    guest = User.objects.create_user("guest@sales.example", name="Guest")
    RoleBinding.objects.create(user=guest, role=role_named("operator"), folder=folder)
    client = api_client(guest)
    assert [each["id"] for each in client.get(URL).json()["results"]] == [str(seen.pk)]
    assert client.get(f"{URL}{hidden.pk}/").status_code == 404
    assert client.post(f"{URL}{hidden.pk}/cancel/", {}).status_code == 404


def test_queries_of_the_list_do_not_grow(
    client: APIClient, workflow: Workflow, bob: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        started(workflow, bob)
    with django_assert_max_num_queries(9):
        assert len(client.get(URL).json()["results"]) == 5


def test_the_description_is_valid_and_complete(client: APIClient) -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator

    schema = json.loads(client.get("/api/v1/schema/").content)
    OpenAPIV31SpecValidator(schema).validate()
    start = schema["paths"]["/api/v1/workflows/{id}/runs/"]["post"]
    assert set(start["responses"]) >= {"200", "202"}
    events = schema["paths"]["/api/v1/runs/{id}/events/"]["get"]
    assert set(events["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}
    for path in ("runs/", "runs/{id}/cancel/", "approvals/{id}/decide/"):
        assert f"/api/v1/{path}" in schema["paths"]


def test_the_docs_page_is_for_everybody(alpha: Tenant) -> None:
    page = APIClient(HTTP_HOST="alpha.localhost").get("/api/docs/")
    assert page.status_code == 200
    assert "'unsafe-inline'" not in page["Content-Security-Policy"]
