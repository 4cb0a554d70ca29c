"""Somebody else writes into the queue: each message is put aside, and the good ones go on."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from kombu import Producer

from apps.common.ids import uuid7
from apps.dispatch.models import DeadLetter, Pulse
from apps.tenants.context import PUBLIC, current_schema, public_scope
from auterity.celery import app
from tests.factories.runs import Start, until
from tests.faults.crowd import Crowd, crowd
from tests.faults.test_crashes import finishes
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("carriers")]
ADVANCE = "runs.advance_run"
JOBS = (
    "portability.write_archive", "portability.read_archive", "campaigns.take_rights",
    "campaigns.carry_out", "campaigns.begin_campaign", "evidence.write_pack", "runs.forget",
)  # fmt: skip
Reason = DeadLetter.Reason


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Crowd]:
    with crowd(tmp_path, f"garbage-{uuid7()}") as found:
        yield found


def envelope(body: Any, *, encoding: str = "base64", **headers: Any) -> dict[str, Any]:
    """Return a message in the form in which it lies in Redis."""
    packed = base64.b64encode(json.dumps(body).encode()).decode()
    return {
        "body": packed,
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"lang": "py", "id": str(uuid7()), "argsrepr": "", **headers},
        "properties": {
            "body_encoding": encoding, "delivery_tag": str(uuid7()),
            "delivery_info": {"exchange": "", "routing_key": "x"},
        },
    }  # fmt: skip


def call(*args: Any) -> list[Any]:
    return [list(args), {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]


def job(task: str, subject: str, schema: str | None = None) -> dict[str, Any]:
    """Return a message that sends for a job."""
    return envelope(call(subject), task=task, tenant_schema=schema or current_schema())


def garbage() -> dict[str, tuple[Any, str]]:
    """Return messages that none of us sent, each with what is said of it."""
    run = str(uuid7())
    known = {"task": ADVANCE, "tenant_schema": current_schema()}
    return {
        "no json": ("\0\1 not json, password=hunter2", Reason.UNDECODABLE),
        "no envelope": ({"hello": "there"}, Reason.UNDECODABLE),
        "a list": ([1, 2], Reason.UNDECODABLE),
        "pickle": (
            {**envelope(call(run), **known), "content-type": "application/x-python-serialize"},
            Reason.UNDECODABLE,
        ),
        "broken body": ({**envelope(call(run), **known), "body": "%%%"}, Reason.UNDECODABLE),
        "no headers": ({**envelope(call(run)), "headers": None}, Reason.UNDECODABLE),
        "no task": (envelope(call(run)), Reason.UNDECODABLE),
        "unknown task": (envelope(call(run), task="os.system"), Reason.UNKNOWN_TASK),
        "unknown task without id": (envelope([], task="x", id=None), Reason.UNKNOWN_TASK),
        "no tenant": (envelope(call(run), task=ADVANCE), Reason.NO_TENANT),
        "unknown tenant": (
            envelope(call(run), task=ADVANCE, tenant_schema="t_nobody"),
            Reason.UNKNOWN_TENANT,
        ),
        "another count": (envelope(call(run, run), **known), Reason.BAD_ARGUMENTS),
        "no id": (envelope(call("all of them"), **known), Reason.BAD_ARGUMENTS),
        "args": (envelope("x", **known), Reason.UNDECODABLE),
        **{f"no id, {task}": (job(task, "all of them"), Reason.BAD_ARGUMENTS) for task in JOBS},
        "of no workspace": (job(JOBS[0], run, PUBLIC), Reason.NO_TENANT),
    }


def test_garbage_is_put_aside_and_the_queue_goes_on(start: Start, workers: Crowd) -> None:
    worker = workers.start()
    server = redis.Redis.from_url(settings.REDIS_URL)
    sent = garbage()
    for message, _ in sent.values():
        text = message if isinstance(message, str) else json.dumps(message)
        server.lpush(f"aut:{workers.queue}", text)
    for task in JOBS:  # what is not there is nothing to do, and nothing to tell
        server.lpush(f"aut:{workers.queue}", json.dumps(job(task, str(uuid7()))))
    run = start(graph(transform("a"), edge("start", "a")))
    finishes(run)
    with public_scope():
        until(lambda: Pulse.objects.filter(buried__gte=len(sent)).exists())
        found = sorted(DeadLetter.objects.values_list("reason", flat=True))
        assert found == sorted(reason for _, reason in sent.values())
        assert not DeadLetter.objects.filter(sample__contains="hunter2").exists()
    assert worker.poll() is None
    assert not workers.says("Traceback")
    assert not workers.says("hunter2")


def test_any_broker_may_hold_garbage(start: Start, workers: Crowd) -> None:
    """The same by the broker's own protocol; true of RabbitMQ as well, if BROKER_URL names one."""
    worker = workers.start()
    finishes(start(graph(transform("a"), edge("start", "a"))))  # the queue is there
    known = {"task": ADVANCE, "id": "1", "tenant_schema": current_schema()}
    with app.connection_for_write() as broker, broker.channel() as channel:
        for body, kind, headers in (
            (b"\x80\x04N.", "application/x-python-serialize", known),
            (b"{", "application/json", known),
            (b"[]", "application/json", known),
            (b"", "application/json", {"task": "os.system"}),
            (b"{}", "application/json", {}),
        ):
            Producer(channel).publish(
                body, content_type=kind, content_encoding="binary", headers=headers,
                exchange=workers.queue, routing_key=workers.queue,
            )  # fmt: skip
    finishes(start(graph(transform("a"), edge("start", "a"))))
    with public_scope():
        until(lambda: DeadLetter.objects.count() == 5)
    assert worker.poll() is None
    assert not workers.says("Traceback")


def test_a_message_for_another_workspace_does_nothing(start: Start, workers: Crowd) -> None:
    run = start(graph(transform("a"), edge("start", "a")))
    server = redis.Redis.from_url(settings.REDIS_URL)
    server.delete(f"aut:{workers.queue}")
    forged = envelope(call(str(run.pk)), task=ADVANCE, tenant_schema="t_beta")
    server.lpush(f"aut:{workers.queue}", json.dumps(forged))
    workers.start()
    finishes(run)  # by the sweeper's ring; the forged one found nothing to claim
    assert list(run.events.values_list("type", flat=True)).count("run.started") == 1
