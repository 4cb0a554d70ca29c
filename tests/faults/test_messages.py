"""Doorbells that nobody should have rung, and a share of all that is lost (F11, F15)."""

import json
from typing import Any

import pytest
import redis
from django.conf import settings

from apps.common.ids import uuid7
from apps.dispatch import services as dispatch
from apps.runs.models import Run
from apps.runs.tasks import advance_run
from apps.tenants.context import current_schema, tenant_context
from apps.tenants.models import Tenant
from apps.tenants.tasks import HEADER
from tests.factories.runs import Start, until
from tests.faults.auditor import audit, audit_sink
from tests.faults.crowd import Crowd, Target
from tests.faults.scenarios import call
from tests.runs.test_semantics import graph, transform
from tests.workflows.definitions import edge

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("carriers")]
PREFIX = "aut:"
JSON_ONLY = {"content-type": "application/json", "content-encoding": "utf-8"}


def simple() -> dict[str, Any]:
    return graph(transform("a"), edge("start", "a"))


def forged(run_id: object, schema: str, task: str = "runs.advance_run") -> dict[str, Any]:
    """A message as somebody would write it who can reach the broker."""
    body = json.dumps([[str(run_id)], {}, {}])
    headers = {"id": str(uuid7()), "task": task, "lang": "py", HEADER: schema}
    properties = {"delivery_tag": str(uuid7()), "body_encoding": "none", "delivery_info": {}}
    return {"body": body, **JSON_ONLY, "headers": headers, "properties": properties}


def bad_messages(run: Run, other: Tenant) -> list[bytes]:
    """What must do nothing: no JSON, no message, no task of ours, no such tenant or run."""
    pickled = forged(run.pk, current_schema()) | {"content-type": "application/x-python-serialize"}
    shapes: list[Any] = [
        {}, [], "text", 7, None, {"body": "x"}, {"body": "!", "headers": {}, "properties": {}},
        pickled, forged(run.pk, other.schema_name), forged(run.pk, "t_nobody"),
        forged(run.pk, "public"), forged("not-an-id", current_schema()), forged(uuid7(), current_schema()),
        forged(run.pk, current_schema(), task="os.system"),
        forged(run.pk, current_schema()) | {"body": "[[["},
        forged(run.pk, current_schema()) | {"body": json.dumps([[], {}, {}])},
        forged(run.pk, current_schema()) | {"headers": {"task": "runs.advance_run", "id": "1"}},
    ]  # fmt: skip
    return [b"\xff\xfe no JSON", b"", *(json.dumps(shape).encode() for shape in shapes)]


@pytest.fixture
def broker() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL)


def test_bad_messages_block_nothing(
    start: Start, workers: Crowd, beta: Tenant, broker: "redis.Redis"
) -> None:
    run = start(simple())
    queue = PREFIX + workers.queue
    assert broker.delete(queue) == 1  # its own doorbell; the sweeper rings again in a while
    messages = bad_messages(run, beta)
    for message in messages:
        broker.lpush(queue, message)
    worker = workers.start()
    until(lambda: broker.llen(queue) == 0)
    good = [start(simple()) for _ in range(3)]
    until(lambda: not Run.objects.unfinished().exists())
    assert worker.poll() is None
    assert audit(Run.objects.all(), expected=1 + len(good)) == []
    with tenant_context(beta):
        assert not Run.objects.exists()


def test_a_message_for_another_workspace_finds_no_run(
    start: Start, alpha: Tenant, beta: Tenant
) -> None:
    run = start(simple())
    with tenant_context(beta):
        advance_run.apply(args=[str(run.pk)], headers={HEADER: beta.schema_name}).get()
        assert not Run.objects.exists()
    run.refresh_from_db()
    assert (run.status, run.seq) == ("queued", 1)


@pytest.mark.parametrize("share", [0.3])
def test_a_share_of_all_doorbells_is_lost(
    start: Start, workers: Crowd, target: Target, broker: "redis.Redis", share: float
) -> None:
    target.answer.set()
    chain = graph(call("put", target), transform("b"), edge("start", "put"), edge("put", "b"))
    runs = [start(chain) for _ in range(20)]
    kept = broker.lrange(PREFIX + workers.queue, 0, round(20 * (1 - share)) - 1)
    broker.delete(PREFIX + workers.queue)
    broker.rpush(PREFIX + workers.queue, *kept)
    workers.start(drop=share)
    workers.start(drop=share)
    until(lambda: not Run.objects.unfinished().exists(), 60)
    assert audit(Run.objects.all(), expected=20) == []
    assert audit_sink(target.keys, runs, "put", kills=0) == []


def test_a_doorbell_for_nothing_is_answered_by_nothing(start: Start) -> None:
    run = start(simple())
    dispatch.ring(uuid7(), current_schema())
    run.refresh_from_db()
    assert run.seq == 1
