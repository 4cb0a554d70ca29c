"""One workspace floods the product with runs; its neighbour's go on, and it is told to wait (F23)."""

from uuid import UUID

import pytest
from pytest_django import Settings

from apps.accounts.models import User
from apps.dispatch.models import Ticket
from apps.dispatch.sweeper import sweep
from apps.runs.interpreter.advancing import advance
from apps.runs.models import Run
from apps.runs.services import start_run
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows.services import create_workflow
from tests.factories.cast import api_client
from tests.factories.runs import Start
from tests.faults.auditor import audit
from tests.faults.sizes import size
from tests.workflows.definitions import greeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("targets")]
FLOOD = size(60, 2000)
CAP = 5


@pytest.fixture
def flood(start: Start, settings: Settings) -> list[Run]:
    """Far more runs than the workspace may have carried at a time, and as many as may queue."""
    settings.RUNS_PER_TENANT, settings.RUN_BACKLOG = CAP, FLOOD - CAP
    return [start(greeting(), who=str(number)) for number in range(FLOOD)]


def started(tenant: Tenant, actor: User) -> UUID:
    with tenant_context(tenant):
        workflow = create_workflow(actor=actor, name="Small", definition=greeting())
        run = start_run(workflow, actor=actor, inputs={"who": "Mallory"}, version="draft")
        return run.pk


def test_a_neighbour_does_not_wait(flood: list[Run], beta: Tenant, mallory: User) -> None:
    run_id = started(beta, mallory)
    sweep()
    with tenant_context(beta):
        assert Ticket.objects.get(pk=run_id).status == Ticket.Status.READY
        advance(run_id)
        assert Run.objects.get(pk=run_id).outputs == "Hello Mallory"
        assert audit(Run.objects.all(), expected=1) == []
    assert Ticket.objects.active().count() <= CAP


def test_past_its_bound_the_flood_is_refused_and_nothing_of_it_is_lost(
    flood: list[Run], bob: User
) -> None:
    client = api_client(bob)
    path = f"/api/v1/workflows/{flood[0].workflow_id}/runs/"
    answer = client.post(path, {"inputs": {"who": "x"}, "version": "draft"}, format="json")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    for _ in range(FLOOD):
        for ticket in Ticket.objects.active():
            advance(ticket.pk)
        if not Ticket.objects.exists():
            break
        sweep()
    assert audit(Run.objects.all(), expected=FLOOD) == []
    assert set(Run.objects.values_list("status", flat=True)) == {"succeeded"}
