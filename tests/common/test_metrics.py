"""Who is answered by `/metrics`, and what it says."""

from datetime import timedelta

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.dispatch import chores, leases
from apps.dispatch.exceptions import Fenced
from apps.dispatch.models import Ticket, WorkerProcess
from apps.dispatch.services import admit
from apps.dispatch.sweeper import sweep
from apps.tenants.context import public_scope
from apps.tenants.models import Tenant
from tests.factories.browsers import browser, staff_browser
from tests.factories.runs import Start, carry
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge

TOKEN = "a-token-of-the-monitor"


def scrape() -> dict[str, float]:
    """Return every sample as `name{label=value,...}`."""
    answer = Client(HTTP_HOST="www.localhost").get("/metrics")
    assert answer.status_code == 200
    return {
        sample.name
        + ("{" + ",".join(map("=".join, sorted(sample.labels.items()))) + "}" if sample.labels else ""): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"REMOTE_ADDR": "10.2.3.4"}, 200),
        ({"REMOTE_ADDR": "8.8.8.8"}, 404),
        ({"REMOTE_ADDR": ""}, 404),
        ({"HTTP_X_FORWARDED_FOR": "10.0.0.1"}, 404),  # came through a proxy, as people do
    ],
)
def test_without_a_token_only_neighbours_are_answered(
    public: None, headers: dict[str, str], status: int
) -> None:
    client = Client(HTTP_HOST="www.localhost", **headers)  # type: ignore[arg-type]
    assert client.get("/metrics").status_code == status


@pytest.mark.parametrize(
    ("given", "status"),
    [("", 404), ("Bearer", 404), ("Bearer wrong", 404), (TOKEN, 404), (f"Bearer {TOKEN}", 200)],
)
def test_with_a_token_it_alone_counts(
    public: None, settings: Settings, given: str, status: int
) -> None:
    settings.METRICS_TOKEN = TOKEN
    client = Client(HTTP_HOST="www.localhost")
    assert client.get("/metrics", HTTP_AUTHORIZATION=given).status_code == status
    far = client.get("/metrics", HTTP_AUTHORIZATION=given, REMOTE_ADDR="8.8.8.8")
    assert far.status_code == status


@pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
def test_no_session_of_anybody_opens_it(alice: User, settings: Settings, path: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    for client in (browser(alice), staff_browser()):
        assert client.get(path).status_code == 404


def test_it_tells_of_tickets_queues_and_workers(
    alpha: Tenant, beta: Tenant, settings: Settings
) -> None:
    settings.RUNS_PER_TENANT = 1
    admit(uuid7())
    admit(uuid7())
    chores.plan("tests.dishes", [uuid7()], chores.now() + timedelta(hours=1))
    with public_scope():
        WorkerProcess.objects.create(host="here", pid=1, slots=8, busy=3)
    sweep()
    found = scrape()
    assert found["auterity_tickets{state=ready}"] == 1
    assert found["auterity_tickets{state=pending}"] == 1
    assert found["auterity_chores{kind=tests.dishes}"] == 1
    assert found["auterity_backlog{tenant=alpha}"] == 1
    assert found["auterity_backlog{tenant=(others)}"] == 0
    assert found["auterity_workers{state=up}"] == 1
    assert (found["auterity_worker_slots"], found["auterity_worker_slots_busy"]) == (8, 3)
    assert found["auterity_sweep_lag_seconds"] < 60


def test_claims_and_lost_fences_are_counted(alpha: Tenant) -> None:
    before = scrape()
    ticket = admit(uuid7())
    lease = leases.claim(ticket.pk, "first")
    assert lease is not None
    Ticket.objects.update(lease_until="2020-01-01T00:00:00Z")
    leases.claim(ticket.pk, "second")
    with pytest.raises(Fenced):
        leases.hold(lease)
    after = scrape()
    assert after["auterity_claims_total"] - before["auterity_claims_total"] == 2
    assert after["auterity_fences_lost_total"] - before["auterity_fences_lost_total"] == 1


def test_runs_and_steps_are_counted_by_how_they_ended(start: Start) -> None:
    run = "auterity_runs_total{status=succeeded}"
    step = "auterity_step_attempt_seconds_count{outcome=done,type=data.transform}"
    before = scrape()
    carry(start(graph(transform("a"), edge("start", "a"))))
    after = scrape()
    assert after[run] - before.get(run, 0) == 1
    assert after[step] - before.get(step, 0) == 1


def test_requests_are_measured_by_area(alice: User, alpha: Tenant) -> None:
    name = "auterity_http_request_seconds_count{area=runs,method=GET,status=2xx}"
    before = scrape().get(name, 0)
    browser(alice).get("/runs/")
    assert scrape()[name] == before + 1
