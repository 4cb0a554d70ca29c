"""Questions that stay open for a month, through deploys, and are answered by many at once (F19)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import F

from apps.accounts.models import User
from apps.dispatch.models import Chore, Ticket, Timer
from apps.runs.exceptions import AlreadyDecided, AlreadyVoted
from apps.runs.models import Run, RunEvent, Vote, Wait
from apps.runs.services import decide, start_run
from apps.tenants.context import current_schema, maintenance, public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.workflows.services import create_workflow
from tests.factories.cast import member
from tests.factories.runs import until
from tests.faults.auditor import audit
from tests.faults.crowd import Crowd
from tests.faults.sizes import size
from tests.runs.test_lifecycle import approval

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("carriers")]
RUNS, DEPLOYS, DAYS = size(40, 10_000), size(2, 5), 30
CLICKS, CLICKED = 10, size(8, 300)  # at once, and on how many of the questions
PATIENCE_S = size(60, 1800)


@pytest.fixture
def asked(alpha: Tenant, bob: User) -> None:
    """Runs that ask somebody, and do not expire before the month is over."""
    definition = approval(expires_after_s=(DAYS + 5) * 86_400)
    workflow = create_workflow(actor=bob, name="Patient", definition=definition)
    for number in range(RUNS):
        start_run(workflow, actor=bob, inputs={"x": number}, version="draft")


def open_questions() -> int:
    return Wait.objects.filter(status=Wait.Status.OPEN).count()


def let_days_pass(days: float) -> None:
    """Move everything that has a time into the past."""
    by = timedelta(days=days)
    with public_scope():
        Ticket.objects.update(created_at=F("created_at") - by, due_at=F("due_at") - by)
        Timer.objects.update(fire_at=F("fire_at") - by)
        Chore.objects.update(due_at=F("due_at") - by)
    with maintenance(current_schema()):
        Run.objects.update(created_at=F("created_at") - by, started_at=F("started_at") - by)
        RunEvent.objects.update(at=F("at") - by)
        Wait.objects.update(created_at=F("created_at") - by, expires_at=F("expires_at") - by)


def click(alpha: Tenant, wait: Wait, people: list[User]) -> list[str]:
    """Let everybody answer the same question at the same moment; return what became of each."""
    gate = Barrier(len(people))

    def one(person: User) -> str:
        try:
            with tenant_context(alpha):
                gate.wait(30)
                decide(wait, actor=person, decision="approved", comment="yes")
        except (AlreadyDecided, AlreadyVoted) as refused:
            return type(refused).__name__
        finally:
            connection.close()
        return "counted"

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(one, people))


def test_a_month_of_waiting_holds_nothing_and_each_answer_counts_once(
    alpha: Tenant, asked: None, workers: Crowd, alice: User
) -> None:
    process = workers.start_and_wait()
    until(lambda: open_questions() == RUNS, PATIENCE_S)
    for _ in range(DEPLOYS):
        process.terminate()
        assert process.wait(30) == 0
        let_days_pass(DAYS / DEPLOYS)
        process = workers.start_and_wait()
        assert workers.untaken() == 0
        assert not Ticket.objects.exclude(status=Ticket.Status.WAITING).exists()
        assert not Ticket.objects.exclude(lease_until=None).exists()
        assert open_questions() == RUNS
    waits = list(Wait.objects.order_by("id"))
    people = [member(f"Clicker{number}", "operator") for number in range(CLICKS)]
    for wait in waits[:CLICKED]:
        assert Counter(click(alpha, wait, people)) == {"counted": 1, "AlreadyDecided": CLICKS - 1}
    for wait in waits[CLICKED:]:
        decide(wait, actor=alice, decision="approved", comment="yes")
    until(lambda: not Run.objects.exclude(status=Run.Status.SUCCEEDED).exists(), PATIENCE_S)
    assert Vote.objects.count() == RUNS
    assert RunEvent.objects.filter(type="node.succeeded", node="yes").count() == RUNS
    assert audit(Run.objects.all(), expected=RUNS) == []
