"""`python -m bench.api_runs [runs]`: create and run a workflow of ten steps over the API.

Starts a product of its own. One line of JSON: p50 and p95 of one create+run with `wait`, and runs a
second with eight callers.
"""

import json
import statistics
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from apps.local.temporary import temporary_folder
from bench.graphs import chain
from bench.product import running

CALLERS = 8


@dataclass
class Caller:
    """A program with a key."""

    base: str
    key: str

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send JSON and return the answer's."""
        return self._ask(path, json.dumps(body).encode())

    def get(self, path: str) -> dict[str, Any]:
        """Return what lies there."""
        return self._ask(path, None)

    def _ask(self, path: str, body: bytes | None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, body, headers)
        with urllib.request.urlopen(request, timeout=90) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def create(self) -> str:
        """Make a workflow of a start and nine transforms; return its id."""
        made = self.post("workflows/", {"name": "Bench", "definition": chain(9)})
        return str(made["id"])

    def run(self, workflow: str) -> None:
        """Run the workflow's draft to its end."""
        body = {"inputs": {"n": 0}, "version": "draft", "wait": 60}
        done = self.post(f"workflows/{workflow}/runs/", body)
        assert (done["status"], done["outputs"]) == ("succeeded", {"n": 9}), done

    def timed(self) -> float:
        """Create and run once; return the milliseconds."""
        begun = time.perf_counter()
        self.run(self.create())
        return (time.perf_counter() - begun) * 1000


def main(count: int) -> None:
    """Start a product and measure it."""
    with temporary_folder() as data, running(data) as product:
        words = ("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "bench")
        measure(Caller(f"http://127.0.0.1:{product.port}/api/v1/", product.command(*words)), count)


def measure(caller: Caller, count: int) -> None:
    """Measure one caller, then eight."""
    caller.timed()
    taken = sorted(caller.timed() for _ in range(count))
    workflow = caller.create()
    begun = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(lambda _: caller.run(workflow), range(count * 4)))
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
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
