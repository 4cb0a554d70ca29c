"""`python -m bench.api_runs KEY [runs]`: create and run a workflow of ten steps over the API.

Talks to a running product on 127.0.0.1:PORT (8000) with a key of `manage.py create_api_key`. One
line of JSON: p50 and p95 of one create+run with `wait`, and runs a second with eight callers.
"""

import json
import os
import statistics
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.graphs import chain

BASE = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/api/v1/"
CALLERS = 8


def post(path: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send JSON and return the answer's."""
    request = urllib.request.Request(
        BASE + path,
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=90) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def created(key: str) -> str:
    """Make a workflow of a start and nine transforms; return its id."""
    made = post("workflows/", key, {"name": "Bench", "definition": chain(9)})
    return str(made["id"])


def run(key: str, workflow: str) -> None:
    """Run the workflow's draft to its end."""
    body = {"inputs": {"n": 0}, "version": "draft", "wait": 60}
    done = post(f"workflows/{workflow}/runs/", key, body)
    assert (done["status"], done["outputs"]) == ("succeeded", {"n": 9}), done


def timed(key: str) -> float:
    """Create and run once; return the milliseconds."""
    begun = time.perf_counter()
    run(key, created(key))
    return (time.perf_counter() - begun) * 1000


def main(key: str, count: int) -> None:
    """Measure one caller, then eight."""
    timed(key)
    taken = sorted(timed(key) for _ in range(count))
    workflow = created(key)
    begun = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(lambda _: run(key, workflow), range(count * 4)))
    rate = count * 4 / (time.perf_counter() - begun)
    print(
        json.dumps(
            {
                "bench": "api_runs",
                "runs": count,
                "p50_ms": round(statistics.median(taken), 1),
                "p95_ms": round(taken[int(len(taken) * 0.95)], 1),
                "runs_per_s": round(rate, 1),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 50)
