"""`python -m bench.recovery [kills]`: how soon runs go on after a worker was killed, or Redis emptied.

Starts a product of its own, and beside its worker another one, which is killed again and again in
the middle of calls. A target on the web notices which calls broke, and when each comes again. Two
lines of JSON: milliseconds from the kill to the same call, and from a start to its first call while
Redis is emptied all the time.
"""

import json
import math
import os
import select
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from redis import Redis

from apps.local.processes import wait_until
from apps.local.roles import role
from apps.local.temporary import temporary_folder
from bench.api_runs import Caller
from bench.graphs import held
from bench.product import ROOT, Running, running

TOGETHER = 6  # calls in flight when a worker is killed
STARTS, ROUNDS = 20, 5  # while Redis is emptied
PATIENCE_S = 60
LOOK_S = 0.02


@dataclass
class Round:
    """The calls of one round: when each came, by its key, and which broke."""

    came: dict[str, list[float]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    is_open: threading.Event = field(default_factory=threading.Event)

    def missing(self) -> list[str]:
        """Return the keys of calls that broke and have not come again."""
        return [key for key in self.broken if len(self.came[key]) == 1]


class Target(ThreadingHTTPServer):
    """Holds calls back until it is told to let go, and notes when each came and which broke."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Held)
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.round = Round()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def begin(self) -> Round:
        """Begin anew, holding calls back; those of the round before are let go."""
        self.round.is_open.set()
        self.round = Round()
        return self.round

    def take(self, key: str, connection: socket.socket) -> None:
        """Note a call, and return once it may be answered or nobody waits for it any more."""
        mine = self.round
        calls = mine.came.setdefault(key, [])
        calls.append(time.monotonic())
        while len(calls) == 1 and not mine.is_open.is_set():
            heard, _, _ = select.select([connection], [], [], LOOK_S)
            if heard and not connection.recv(1, socket.MSG_PEEK):
                mine.broken.add(key)
                return


class Held(BaseHTTPRequestHandler):
    """One call."""

    server: Target

    def do_PUT(self) -> None:
        """Answer when the target lets go."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            self.server.take(self.headers["Idempotency-Key"], self.connection)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except OSError:
            return  # who called is gone

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


def main(kills: int) -> None:
    """Start a product and measure it."""
    target = Target()
    with temporary_folder() as data, running(data, AUTERITY_EGRESS_ALLOW=target.origin) as product:
        words = ("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "bench")
        caller = Caller(f"http://127.0.0.1:{product.port}/api/v1/", product.command(*words))
        made = caller.post("workflows/", {"name": "Bench", "definition": held(target.origin)})
        start = f"workflows/{made['id']}/runs/"
        tell("kill -9 of a worker", kills, after_kills(product, data, target, caller, start, kills))
        services = json.loads((data / "services.json").read_text())
        with Redis.from_url(services["REDIS_URL"]) as server:
            delays = while_emptied(server, target, caller, start)
        tell("Redis emptied", ROUNDS * STARTS, delays)


def after_kills(
    product: Running, data: Path, target: Target, caller: Caller, start: str, kills: int
) -> list[float]:
    """Return the seconds from each kill until each call that it broke came again."""
    taken: list[float] = []
    for _ in range(kills):
        with worker(product, data) as victim:
            taken += after_kill(victim, target.begin(), caller, start)
    return taken


def after_kill(
    victim: "subprocess.Popen[bytes]", calls: Round, caller: Caller, start: str
) -> list[float]:
    """Kill a worker in the middle of calls; return how long each that broke was away."""
    _start_all(caller, start, TOGETHER)
    assert _came(calls, TOGETHER)
    killed = time.monotonic()
    victim.kill()
    known = -1
    while known != len(calls.broken):  # all of its connections end with a process, soon
        known = len(calls.broken)
        time.sleep(10 * LOOK_S)
    assert wait_until(lambda: not calls.missing(), seconds=PATIENCE_S), calls.missing()
    return [calls.came[key][1] - killed for key in calls.broken]


@contextmanager
def worker(product: Running, data: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a worker beside the product's own, once it takes messages; end it in the end."""
    services = json.loads((data / "services.json").read_text())
    settings = {"DJANGO_SETTINGS_MODULE": "auterity.settings.dev"}
    part = role("worker", bind="127.0.0.1", port=product.port)
    log = data / "victim.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            part.command, cwd=ROOT, env=os.environ | product.env | services | settings,
            stdout=output, stderr=output,
        )  # fmt: skip
    try:
        assert wait_until(lambda: part.ready_text in log.read_text(), seconds=PATIENCE_S)
        yield process
    finally:
        process.kill()
        process.wait()


def while_emptied(server: Redis, target: Target, caller: Caller, start: str) -> list[float]:
    """Return the seconds from each accepted start to its call, while doorbells are lost."""
    delays: list[float] = []
    for _ in range(ROUNDS):
        calls = target.begin()
        calls.is_open.set()
        over = threading.Event()
        thief = threading.Thread(target=_empty, args=(server, over))
        thief.start()
        accepted = _start_all(caller, start, STARTS)
        over.set()
        thief.join()
        assert _came(calls, STARTS)
        # Which call belongs to which start is not known here: the first to the first, and so on.
        came = sorted(times[0] for times in calls.came.values())
        delays += [max(0.0, there - begun) for there, begun in zip(came, accepted, strict=True)]
    return delays


def _came(calls: Round, count: int) -> bool:
    return wait_until(lambda: len(calls.came) == count, seconds=PATIENCE_S)


def _empty(server: Redis, over: threading.Event) -> None:
    while not over.wait(LOOK_S):
        server.flushall()


def _start_all(caller: Caller, start: str, count: int) -> list[float]:
    """Start so many runs side by side, and return when each was accepted."""

    def begin(_: int) -> float:
        caller.post(start, {"inputs": {}, "version": "draft"})
        return time.monotonic()

    with ThreadPoolExecutor(TOGETHER) as pool:
        return sorted(pool.map(begin, range(count)))


def tell(fault: str, times: int, taken: list[float]) -> None:
    """Print one line of JSON."""
    ordered = sorted(seconds * 1000 for seconds in taken)
    figures = {
        "bench": "recovery",
        "fault": fault,
        "times": times,
        "samples": len(ordered),
        "p50_ms": round(statistics.median(ordered)),
        "p99_ms": round(ordered[math.ceil(len(ordered) * 0.99) - 1]),
        "max_ms": round(ordered[-1]),
    }
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
