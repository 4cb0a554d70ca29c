"""A share of all doorbells is lost: the sweeper rings again (F11). Garbage is in `test_garbage`."""

import pytest
import redis
from django.conf import settings

from apps.runs.models import Run
from tests.factories.runs import Start, until
from tests.faults.auditor import audit, audit_sink
from tests.faults.crowd import Crowd, Target
from tests.faults.scenarios import call
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("carriers")]
PREFIX = "aut:"


@pytest.mark.parametrize("share", [0.3])
def test_a_share_of_all_doorbells_is_lost(
    start: Start, workers: Crowd, target: Target, share: float
) -> None:
    target.answer.set()
    chain = graph(call("put", target), transform("b"), edge("start", "put"), edge("put", "b"))
    runs = [start(chain) for _ in range(20)]
    queue, broker = PREFIX + workers.queue, redis.Redis.from_url(settings.REDIS_URL)
    for _ in range(round(20 * share)):
        assert broker.lpop(queue)
    workers.start(drop=share)
    workers.start(drop=share)
    until(lambda: not Run.objects.unfinished().exists())
    assert audit(Run.objects.all(), expected=20) == []
    assert audit_sink(target.keys, runs, "put", kills=0) == []
