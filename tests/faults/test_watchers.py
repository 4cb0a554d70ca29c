"""Twenty watch a run while Redis is emptied, then killed: each hears each event exactly once."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.factories.prepared import prepared_folder
from tests.factories.product import Product, kill_service
from tests.factories.runs import until
from tests.faults.api import Caller
from tests.faults.crowd import Target
from tests.faults.test_services_gone import redis_answers, server_of
from tests.local.test_shutdown import sign_in, socket_of_a_page
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge, node

pytestmark = pytest.mark.xdist_group("services-gone")
WATCHERS, WAITS = 20, 6


@pytest.fixture
def caller() -> Iterator[Caller]:
    target = Target()
    with prepared_folder() as folder:
        product = Product(folder).start()
        assert product.says("Auterity is ready after"), product.output
        arguments = ("--tenant", "demo", "--role", "owner", "--name", "watchers")
        yield Caller(product, product.command("create_api_key", *arguments).split()[-1], target)
        product.stop()
    target.close()


def slow_chain() -> dict[str, Any]:
    """Return waits with a transform after each, so that events come over seconds."""
    steps, edges, before = [], [], "start"
    for place in range(WAITS):
        wait = node(f"w{place}", "flow.wait", config={"seconds": 1.2})
        steps += [wait, transform(f"t{place}")]
        edges += [edge(before, f"w{place}"), edge(f"w{place}", f"t{place}")]
        before = f"t{place}"
    return graph(*steps, *edges)


def watch(product: Product, cookie: str, run: str) -> list[int]:
    """Follow a run to its end; return the numbers of its events in the order they came."""
    seqs: list[int] = []
    with socket_of_a_page(product, cookie) as page:
        page.send(json.dumps({"type": "subscribe", "run": run, "after": 0}))
        while True:
            frame = json.loads(page.recv(60))
            seqs.append(frame["event"]["seq"])
            if frame["event"]["type"].startswith(("run.succeeded", "run.failed")):
                return seqs


def test_nobody_misses_or_hears_twice(caller: Caller) -> None:
    product = caller.product
    cookie = sign_in(product, "owner")
    made = caller.call("POST", "workflows/", {"name": "Slow", "definition": slow_chain()})
    path = f"workflows/{made.json['id']}/runs/"
    run = caller.call("POST", path, {"inputs": {}, "version": "draft"}).json["id"]

    def reached(step: str) -> bool:
        rows = caller.call("GET", f"runs/{run}/nodes/").json["results"]
        return any(row["node"] == step for row in rows)

    with ThreadPoolExecutor(WATCHERS) as pool:
        crowd = [pool.submit(watch, product, cookie, run) for _ in range(WATCHERS)]
        until(lambda: reached("t0"))
        server_of(product).flushall()
        until(lambda: reached("t2"))
        kill_service(product, "redis-server")
        until(lambda: redis_answers(product))
        begun = time.monotonic()
        heard = [each.result(120) for each in crowd]
    assert time.monotonic() - begun < 60
    last = caller.call("GET", f"runs/{run}/events/?after=0").json["results"][-1]["seq"]
    assert last > WAITS * 3
    assert all(seqs == list(range(1, last + 1)) for seqs in heard), heard
    assert "Traceback" not in product.output, product.output
