"""Nobody knows whether it was committed: the connection is cut around a COMMIT (F7)."""

from collections.abc import Iterator

import pytest
from django.db import connection

from apps.runs.models import Run
from tests.factories.runs import Start, error_of, until
from tests.faults.auditor import audit, audit_sink
from tests.faults.crowd import Crowd, Target
from tests.faults.proxy import Proxy
from tests.faults.scenarios import irrevocable
from tests.faults.sizes import size
from tests.faults.test_kills import STEPS, ten_steps

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("carriers")]
SEED = 20260702


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    port = int(connection.settings_dict["PORT"])
    made = Proxy(port, share=0.2, most=size(25, 400), seed=SEED)
    yield made
    made.close()


def test_no_step_succeeds_twice(start: Start, workers: Crowd, target: Target, proxy: Proxy) -> None:
    target.answer.set()
    expected, asked = size(15, 150), size(6, 60)
    runs = [start(ten_steps(target)) for _ in range(expected)]
    once = [start(irrevocable(target)) for _ in range(asked)]
    for _ in range(2):
        workers.start(database_port=proxy.port)
    resting = ("succeeded", "needs_attention")
    until(lambda: Run.objects.filter(status__in=resting).count() == len(runs + once))
    assert min(proxy.cuts["lost"], proxy.cuts["unheard"]) > 0, SEED
    assert audit(Run.objects.all(), expected=expected + asked) == [], SEED
    cuts = proxy.cuts.total()
    for step in ("put", "again"):
        assert audit_sink(target.seen(f"/{step}"), runs, step, kills=8 * cuts) == [], SEED
    assert (
        Run.objects.filter(pk__in=[run.pk for run in runs], status="succeeded").count() == expected
    )
    assert len(target.seen("/post")) <= asked, SEED
    for run in Run.objects.filter(pk__in=[each.pk for each in once], status="needs_attention"):
        assert error_of(run)["code"] == "outcome_unknown"
    for run in runs:
        assert run.events.filter(type="node.succeeded").count() == STEPS
