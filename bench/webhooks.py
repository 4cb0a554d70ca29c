"""`python -m bench.webhooks [calls]`: a webhook, ten transforms, and the answer of the run.

Starts a product of its own. One line of JSON for each number of callers: calls a second, p50 and
p99, and the processor time that a call costs the web process. The history of each run is committed
before its answer.
"""

import json
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from apps.local.temporary import temporary_folder
from bench.api_runs import Caller
from bench.graphs import chain
from bench.product import running
from bench.start import cpu_of, family

CALLERS = (1, 16, 64)
_own = threading.local()


def main(count: int) -> None:
    """Start a product, make the webhook, and call it."""
    with temporary_folder() as data, running(data) as product:
        words = ("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "bench")
        caller = Caller(f"http://127.0.0.1:{product.port}/api/v1/", product.command(*words))
        prepare(caller)
        call(product.port)
        web = next(pid for pid in family(product.process.pid) if is_web(pid))
        for callers in CALLERS:
            before = cpu_of(web)
            figures = measure(product.port, callers, count)
            figures["cpu_ms"] = round((cpu_of(web) - before) / count * 1000, 1)
            print(json.dumps(figures), flush=True)


def is_web(pid: int) -> bool:
    """Tell whether this is the process that answers."""
    return b"uvicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()


def prepare(caller: Caller) -> None:
    """Publish the workflow and make its webhook."""
    definition = chain(10)
    made = caller.post("workflows/", {"name": "Bench", "definition": definition})
    caller.post(f"workflows/{made['id']}/publish/", {})
    config: dict[str, Any] = {
        "answer": "last", "input": "body", "rate_per_minute": 100_000, "max_waiting": 100,
    }  # fmt: skip
    trigger = {"name": "Bench", "kind": "webhook", "workflow": made["id"], "path": "bench"}
    caller.post("triggers/", {**trigger, "config": config})


def call(port: int) -> float:
    """Call the webhook once over this thread's connection; return the milliseconds."""
    if not hasattr(_own, "connection"):
        _own.connection = HTTPConnection("127.0.0.1", port, timeout=60)
    begun = time.perf_counter()
    headers = {"Host": f"localhost:{port}", "Content-Type": "application/json"}
    _own.connection.request("POST", "/hooks/bench", json.dumps({"n": 0}), headers)
    answer = _own.connection.getresponse()
    body = json.load(answer)
    assert (answer.status, body) == (200, {"n": 10}), (answer.status, body)
    return (time.perf_counter() - begun) * 1000


def measure(port: int, callers: int, count: int) -> dict[str, Any]:
    """Call from so many threads at once and return the figures."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(callers) as pool:
        taken = sorted(pool.map(lambda _: call(port), range(count)))
    return {
        "bench": "webhooks",
        "callers": callers,
        "calls_per_s": round(count / (time.perf_counter() - begun), 1),
        "p50_ms": round(statistics.median(taken), 1),
        "p99_ms": round(taken[int(count * 0.99) - 1], 1),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
