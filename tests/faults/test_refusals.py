"""PostgreSQL refuses: nothing is half done, callers are told when to come back, runs go on (F8)."""

import itertools
import logging
from contextlib import suppress

import pytest
from django.db import DatabaseError

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.dispatch import keeper
from apps.dispatch.models import Ticket
from apps.runs.interpreter.advancing import advance
from apps.runs.models import Run
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.factories.cast import api_client
from tests.factories.runs import Start, until
from tests.faults.auditor import audit
from tests.faults.planted import refused
from tests.faults.sizes import LONG
from tests.workflows.definitions import greeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("carriers")]
ERRORS = {
    "deadlock": "40P01",
    "serialisation": "40001",
    "a lock that did not come": "55P03",
    "no memory": "53200",
    "disk full": "53100",
    "too many connections": "53300",
    "read only": "25006",
    "cancelled": "57014",
    "shutting down": "57P01",
}
WRITTEN = ("runs_run", "runs_runevent", "runs_noderun", "dispatch_ticket")


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return create_workflow(actor=bob, name="Greeting", definition=greeting())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what could not be written be let go at once, not within a second."""
    monkeypatch.setattr(keeper, "BEAT_S", 0.02)


@pytest.mark.parametrize("error", ERRORS)
def test_a_start_that_is_refused_leaves_nothing(bob: User, workflow: Workflow, error: str) -> None:
    client = api_client(bob)
    body = {"inputs": {"who": "Ada"}, "version": "draft"}
    before = AuditEntry.objects.count()
    for table in ("runs_run", "runs_runevent", "dispatch_ticket"):
        with refused(table, ERRORS[error], 1):
            answer = client.post(f"/api/v1/workflows/{workflow.pk}/runs/", body, format="json")
            assert answer.status_code == 503, (table, answer.content)
            assert answer["Content-Type"] == "application/problem+json"
            assert int(answer["Retry-After"]) > 0
            assert not Run.objects.exists()
            assert not Ticket.objects.exists()
            assert AuditEntry.objects.count() == before
            answer = client.post(f"/api/v1/workflows/{workflow.pk}/runs/", body, format="json")
            assert answer.status_code == 202
        run = Run.objects.get()
        advance(run.pk)
        assert audit(Run.objects.all(), expected=1) == []
        Run.objects.all().delete()


def refusals() -> list[tuple[str, str]]:
    """Return errors with tables: all of them with each in the long form, else one table each."""
    if LONG:
        return list(itertools.product(ERRORS, WRITTEN))
    return list(zip(ERRORS, itertools.cycle(WRITTEN)))


@pytest.mark.parametrize(("error", "table"), refusals())
def test_a_run_that_is_refused_goes_on_without_a_strike(
    start: Start, quick: None, caplog: pytest.LogCaptureFixture, error: str, table: str
) -> None:
    run = start(greeting(), who="Ada")
    times = 4  # more than the deaths after which a run would be set aside
    with refused(table, ERRORS[error], times), caplog.at_level(logging.ERROR):
        for _ in range(times + 1):
            until(lambda: is_free(run))
            with suppress(DatabaseError):  # the claim itself was refused: the sweeper rings again
                advance(run.pk)
    run.refresh_from_db()
    assert (run.status, run.outputs) == ("succeeded", "Hello Ada")
    assert audit([run], expected=1) == []
    assert not caplog.records


def is_free(run: Run) -> bool:
    """Tell whether somebody may claim the run, or nobody needs to."""
    ticket = Ticket.objects.filter(pk=run.pk).first()
    return ticket is None or (ticket.status, ticket.strikes) == ("ready", 0)
