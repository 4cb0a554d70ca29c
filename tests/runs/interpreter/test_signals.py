"""Signals from outside: taken once by the step that waits, kept when early, refused when late."""

import threading
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import Folder, RoleBinding, User
from apps.accounts.services import create_api_key
from apps.audit.models import AuditEntry
from apps.common.types import JSONDict
from apps.dispatch.sweeper import sweep
from apps.runs.models import NodeRun, Run, Signal, Wait
from apps.runs.services import cancel_run, send_signal
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.factories.cast import api_client, key_client
from tests.factories.runs import carry, error_of, events, fire_timers, step
from tests.runs.scenes import published
from tests.workflows.definitions import edge, node

URL = "/api/v1/signals/"


def expecting(*before: JSONDict, **config: Any) -> JSONDict:
    """Start, perhaps do something, wait for a signal, go on by whether it came."""
    config = {"name": "paid", "key": "{{ input.order }}", **config}
    ids = ["start", *(each["id"] for each in before), "wait"]
    return {
        "schema": 1,
        "nodes": [
            node("start", "core.start", config={"fields": [{"name": "order", "type": "text"}]}),
            *before,
            node("wait", "flow.signal", config=config),
            node("ship", "core.respond", config={"body": "{{ prev.payload }}"}),
            node("remind", "core.respond", config={"body": "not paid"}),
        ],
        "edges": [
            *(edge(a, b) for a, b in pairwise(ids)),
            edge("wait", "ship"),
            edge("wait", "remind", "timeout"),
        ],
        "settings": {},
    }


def waiting(bob: User, *before: JSONDict, order: str = "o-7", **config: Any) -> Run:
    """Carry a run to where it waits."""
    from apps.runs.services import start_run

    run = start_run(
        published(bob, expecting(*before, **config)), actor=bob, inputs={"order": order}
    )
    run = carry(run)
    assert run.status == "waiting", run.error
    return run


def test_a_signal_carries_the_run_on(bob: User, oscar: User) -> None:
    run = waiting(bob)
    text = create_api_key(name="k", role="operator", user=oscar, actor=oscar)[1]
    answer = key_client(text).post(
        URL, {"name": "paid", "key": "o-7", "payload": {"eur": 12}, "id": "evt-1"}
    )
    assert answer.status_code == 202, answer.content
    told = answer.json()
    assert (told["id"], told["run"], told["name"], told["key"]) == (
        "evt-1",
        str(run.pk),
        "paid",
        "o-7",
    )
    run = carry(run)
    assert (run.status, run.outputs) == ("succeeded", {"eur": 12})
    assert [each for each in events(run) if "decided" in each] == ["node.decided wait"]
    entry = AuditEntry.objects.get(action="run.signalled")
    assert (entry.actor_id, entry.after) == (
        str(oscar.pk),
        {"name": "paid", "key": "o-7", "id": "evt-1"},
    )
    assert entry.via.startswith("k ")


def test_a_duplicate_has_the_same_answer(bob: User, oscar: User) -> None:
    run = waiting(bob)
    client, body = api_client(oscar), {"name": "paid", "key": "o-7", "payload": 1, "id": "evt-1"}
    first = client.post(URL, body)
    carry(run)
    again = client.post(URL, body)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert Signal.objects.count() == 1
    other = client.post(URL, {**body, "payload": 2})
    assert (other.status_code, other.json()["code"]) == (409, "signal_id_reused")
    elsewhere = client.post(f"/api/v1/runs/{waiting(bob, order='o-8').pk}/signal/", body)
    assert elsewhere.json()["code"] == "signal_id_reused"


def test_late_and_unknown_signals_are_refused(bob: User, oscar: User) -> None:
    client, body = api_client(oscar), {"name": "paid", "key": "o-7"}
    unknown = client.post(URL, body)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_signal")
    run = waiting(bob)
    assert client.post(URL, {**body, "key": "o-8"}).status_code == 404
    assert client.post(URL, body).status_code == 202
    late = client.post(URL, body)
    assert (late.status_code, late.json()["code"]) == (409, "late_signal")
    carry(run)
    over = client.post(f"/api/v1/runs/{run.pk}/signal/", body)
    assert (over.status_code, over.json()["code"]) == (409, "run_finished")


def test_without_a_signal_in_time_it_goes_on_by_timeout(bob: User, oscar: User) -> None:
    run = waiting(bob, timeout_s=60)
    fire_timers(run)
    run = carry(run)
    assert run.outputs == "not paid"
    late = api_client(oscar).post(URL, {"name": "paid", "key": "o-7"})
    assert (late.status_code, late.json()["code"]) == (409, "late_signal")


def test_an_early_signal_is_kept_for_its_run(bob: User, oscar: User) -> None:
    run = waiting(bob, node("pause", "flow.wait", config={"seconds": 60}))
    client, path = api_client(oscar), f"/api/v1/runs/{run.pk}/signal/"
    assert (
        client.post(URL, {"name": "paid", "key": "o-7"}).status_code == 404
    )  # nobody waits for it
    unknown = client.post(path, {"name": "shipped", "key": "o-7"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_signal")
    assert client.post(path, {"name": "paid", "key": "o-7", "payload": "early"}).status_code == 202
    assert carry(run).status == "waiting"
    fire_timers(run)
    assert carry(run).status == "waiting"  # at the signal now
    sweep()
    run = carry(run)
    assert (run.status, run.outputs) == ("succeeded", "early")
    assert Signal.objects.get().status == "taken"


def test_one_that_comes_while_the_step_begins_to_wait_is_taken(
    bob: User, oscar: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.runs.interpreter import ledger
    from apps.runs.services import start_run

    run = start_run(published(bob, expecting()), actor=bob, inputs={"order": "o-7"})
    original = ledger.Ledger.release
    done: list[Signal] = []

    def signalled_first(self: ledger.Ledger, state: Any, **options: Any) -> None:
        if not done:
            done.append(send_signal(actor=oscar, name="paid", key="o-7", payload="now", run=run))
        original(self, state, **options)

    monkeypatch.setattr(ledger.Ledger, "release", signalled_first)
    assert carry(run).outputs == "now"


def test_what_was_kept_too_long_or_does_not_fit_is_not_taken(bob: User, oscar: User) -> None:
    schema = {"type": "object", "required": ["eur"]}
    run = waiting(bob, node("pause", "flow.wait", config={"seconds": 60}), json_schema=schema)
    for payload in ({"eur": 1}, "wrong", {"eur": 2}):
        send_signal(actor=oscar, name="paid", key="o-7", payload=payload, run=run)
    first = Signal.objects.order_by("id").first()
    assert first
    Signal.objects.filter(pk=first.pk).update(keep_until=timezone.now() - timedelta(seconds=1))
    fire_timers(run)
    carry(run)
    sweep()
    assert carry(run).outputs == {"eur": 2}
    assert list(Signal.objects.order_by("id").values_list("status", flat=True)) == [
        "kept",
        "refused",
        "taken",
    ]


def test_a_payload_that_is_not_expected_is_refused(bob: User, oscar: User) -> None:
    run = waiting(bob, json_schema={"type": "object", "properties": {"eur": {"type": "number"}}})
    body = {"name": "paid", "key": "o-7", "payload": {"eur": "12"}}
    answer = api_client(oscar).post(URL, body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "payload"
    assert answer.json()["errors"][0]["message"].startswith("eur: ")
    assert Wait.objects.get(run=run).status == "open"


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "(a+)+$"},
        {"patternProperties": {"a": {}}},
        {"$ref": "http://x.example/"},
        {"type": 5},
    ],
)
def test_schemas_that_could_do_harm_are_refused(bob: User, schema: JSONDict) -> None:
    from apps.workflows.definition import parse
    from apps.workflows.validation import errors

    found = errors(parse(expecting(json_schema=schema)))
    assert [(each.node, each.field) for each in found] == [("wait", "json_schema")]
    named = {"type": "object", "properties": {"pattern": {"type": "string"}}}
    assert errors(parse(expecting(json_schema=named))) == []


def test_one_of_several_must_be_named(bob: User, oscar: User) -> None:
    first, second = waiting(bob), waiting(bob)
    client, body = api_client(oscar), {"name": "paid", "key": "o-7"}
    answer = client.post(URL, body)
    assert (answer.status_code, answer.json()["code"]) == (409, "ambiguous_signal")
    assert client.post(f"/api/v1/runs/{second.pk}/signal/", body).status_code == 202
    assert Wait.objects.get(run=first).status == "open"
    assert client.post(URL, body).status_code == 202


def test_an_empty_key_fails_the_step(bob: User) -> None:
    from apps.runs.services import start_run

    run = carry(start_run(published(bob, expecting()), actor=bob, inputs={"order": " "}))
    assert (run.status, error_of(run)["code"]) == ("failed", "bad_key")


def test_viewers_and_others_send_none(
    bob: User, vera: User, oscar: User, mallory: User, beta: Tenant
) -> None:
    run = waiting(bob)
    body, own = {"name": "paid", "key": "o-7"}, f"/api/v1/runs/{run.pk}/signal/"
    for path in (URL, own):
        assert api_client(vera).post(path, body).status_code == 403
    with tenant_context(beta):
        foreign = api_client(mallory, "beta")
    assert foreign.post(URL, body).status_code == 404
    assert foreign.post(own, body).status_code == 404
    folder = Folder.objects.create(name="Elsewhere")
    RoleBinding.objects.filter(user=oscar).update(folder=folder)
    guest = api_client(User.objects.get(pk=oscar.pk))
    assert guest.post(URL, body).status_code == 404
    assert guest.post(own, body).status_code == 404
    assert not Signal.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"key": "x"}, "name"),
        ({"name": "paid"}, "key"),
        ({"name": "paid", "key": "x" * 201}, "key"),
        ({"name": "paid", "key": "x", "id": "x" * 201}, "id"),
    ],
)
def test_bad_signals_name_the_field(oscar: User, body: JSONDict, field: str) -> None:
    answer = api_client(oscar).post(URL, body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_run_keeps_so_many_and_no_more(
    bob: User, oscar: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.runs.services import signalling

    monkeypatch.setattr(signalling, "MOST_KEPT", 1)
    run = waiting(bob, node("pause", "flow.wait", config={"seconds": 60}))
    client, path = api_client(oscar), f"/api/v1/runs/{run.pk}/signal/"
    assert client.post(path, {"name": "paid", "key": "a"}).status_code == 202
    assert client.post(path, {"name": "paid", "key": "b"}).status_code == 429


def test_a_waiting_run_can_be_cancelled(bob: User, oscar: User) -> None:
    run = waiting(bob)
    cancel_run(run, actor=bob)
    assert step(run, "wait").status == NodeRun.Status.CANCELLED
    late = api_client(oscar).post(URL, {"name": "paid", "key": "o-7"})
    assert late.json()["code"] == "late_signal"


@pytest.mark.django_db(transaction=True)
def test_ten_senders_at_once_are_one_signal(alpha: Tenant, bob: User, oscar: User) -> None:
    run = waiting(bob)
    barrier, sent = threading.Barrier(10), []

    def send() -> None:
        with tenant_context(alpha):
            barrier.wait(10)
            signal = send_signal(
                actor=oscar, name="paid", key="o-7", payload=1, external_id="evt-1"
            )
            sent.append(signal.pk)
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(sent) == 10
    assert set(sent) == {Signal.objects.get().pk}
    assert carry(run).status == "succeeded"
