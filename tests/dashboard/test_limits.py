"""The limits of a workspace, on the page and in the API."""

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.dispatch import passes
from apps.dispatch.leases import claim
from apps.dispatch.models import TenantLoad
from apps.dispatch.passes import Wanted
from apps.dispatch.services import admit
from apps.runs.models import Run
from apps.runs.services import start_run
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge


@pytest.fixture
def narrow(alice: User) -> Workflow:
    """A workflow of which one run may go on at a time."""
    definition = graph(transform("a"), edge("start", "a"), max_concurrent_runs=1)
    return create_workflow(actor=alice, name="One by one", definition=definition)


def started(workflow: Workflow, actor: User) -> Run:
    return start_run(workflow, actor=actor, inputs={}, version="draft")


def test_the_api_tells_what_is_taken(alice: User, beta: Tenant, narrow: Workflow) -> None:
    started(narrow, alice)
    started(narrow, alice)
    with tenant_context(beta):
        admit(uuid7())
    told = api_client(alice).get("/api/v1/limits/").json()
    assert told["running"] == {"now": 1, "limit": 50}
    assert told["queued"] == {"now": 1, "limit": 10_000}
    assert told["workflows"] == [
        {
            "workflow": str(narrow.pk),
            "name": "One by one",
            "running": {"now": 1, "limit": 1},
            "held": 1,
        }
    ]


def test_the_workspaces_own_quotas_count(alice: User, alpha: Tenant) -> None:
    with public_scope():
        TenantLoad.objects.create(role=alpha.role_name, max_running=7, weight=3)
    told = api_client(alice).get("/api/v1/limits/").json()
    assert (told["running"]["limit"], told["weight"], told["is_paused"]) == (7, 3, False)


def test_places_outside_are_told_where_there_is_a_limit(alice: User, alpha: Tenant) -> None:
    client = api_client(alice)
    assert client.get("/api/v1/limits/").json()["outside"] is None
    assert "Steps outside at a time" not in browser(alice).get("/limits/").content.decode()
    with public_scope():
        TenantLoad.objects.create(role=alpha.role_name, max_outside=20)
    lease = claim(admit(uuid7()).pk, "test")
    assert lease is not None
    passes.take(lease, [Wanted("a"), Wanted("b")])
    assert client.get("/api/v1/limits/").json()["outside"] == {"now": 2, "limit": 20}
    assert "2 of 20" in " ".join(browser(alice).get("/limits/").content.decode().split())


@pytest.mark.django_db(transaction=True)  # the view is served on a connection of its own
def test_past_the_queue_the_api_says_when_to_come_back(
    alice: User, alpha: Tenant, narrow: Workflow
) -> None:
    with public_scope():
        TenantLoad.objects.create(role=alpha.role_name, max_queued=1)
    client, path = api_client(alice), f"/api/v1/workflows/{narrow.pk}/runs/"
    body = {"inputs": {}, "version": "draft"}
    assert [client.post(path, body).status_code for _ in range(2)] == [202, 202]
    refused = client.post(path, body)
    assert (refused.status_code, refused.json()["code"]) == (429, "backlogged")
    assert int(refused["Retry-After"]) > 0
    assert Run.objects.count() == 2


def test_the_page_names_workflows_and_a_pause(alice: User, alpha: Tenant, narrow: Workflow) -> None:
    text = browser(alice).get("/limits/").content.decode()
    assert "No workflow with a limit of its own" in text
    started(narrow, alice)
    with public_scope():
        TenantLoad.objects.create(role=alpha.role_name, paused_at=timezone.now())
    text = browser(alice).get("/limits/").content.decode()
    assert "One by one" in text
    assert "The operator has paused this workspace." in text


def test_strangers_see_no_limits(alice: User) -> None:
    assert api_client(alice, "beta").get("/api/v1/limits/").status_code in {401, 403}
    assert browser().get("/limits/").status_code == 302
