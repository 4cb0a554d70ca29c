"""Real worker processes that tests start and kill, and a target on the web that remembers calls."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import connection

from auterity.celery import app
from tests.factories.runs import until

ROOT = Path(__file__).resolve().parent.parent.parent


def environment(egress: str) -> dict[str, str]:
    """Return the environment of a process that works on this test's database."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "auterity.settings.test",
        "FAULT_DATABASE": str(connection.settings_dict["NAME"]),
        "FAULT_EGRESS": egress,
    }


@dataclass
class Crowd:
    """The workers of one test, on a queue of its own."""

    queue: str
    folder: Path
    egress: str = ""
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    kills: int = 0

    def start(self, **faults: object) -> "subprocess.Popen[bytes]":
        """Start a worker, perhaps with other `threads` than 8, or faults: see `tests.faults.worker`."""
        threads = faults.pop("threads", 8)
        planted = {f"FAULT_{name.upper()}": str(value) for name, value in faults.items()}
        env = environment(self.egress) | planted
        env |= {"FAULT_QUEUE": self.queue, "FAULT_FOLDER": str(self.folder)}
        command = [
            sys.executable, "-m", "tests.faults.worker", "-Q", self.queue, "-P", "threads",
            "-c", str(threads), "--without-gossip", "--without-mingle", "--loglevel", "WARNING",
        ]  # fmt: skip
        with (self.folder / "workers.log").open("ab") as log:
            process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def start_and_wait(self, **faults: object) -> "subprocess.Popen[bytes]":
        """Start a worker and return once it takes messages."""
        process = self.start(**faults)
        until((self.folder / f"ready-{process.pid}").exists)
        return process

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End a worker without a word."""
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        self.kills += 1

    @property
    def alive(self) -> list["subprocess.Popen[bytes]"]:
        """The workers that live."""
        return [process for process in self.processes if process.poll() is None]

    def kill_all(self) -> None:
        """End every worker that lives, at once."""
        alive = self.alive
        for process in alive:
            process.send_signal(signal.SIGKILL)
        for process in alive:
            process.wait(10)
        self.kills += len(alive)

    def untaken(self) -> int:
        """Return how many messages of this test lie at the broker, whichever that is."""
        if not settings.BROKER_URL.startswith("amqp"):
            with redis.Redis.from_url(settings.BROKER_URL) as server:
                return int(server.llen(f"aut:{self.queue}"))
        with app.connection_for_read() as broker, broker.channel() as channel:
            found: Any = channel.queue_declare(self.queue, passive=True)  # type: ignore[attr-defined]
            return int(found.message_count)

    def says(self, text: str) -> bool:
        """Tell whether a worker has written a text into the log."""
        return text in (self.folder / "workers.log").read_text()


@contextmanager
def crowd(folder: Path, queue: str, egress: str = "") -> Iterator[Crowd]:
    """Send the runs of this test to a queue of its own, and leave no worker behind."""
    before = app.conf.task_default_queue
    app.conf.task_default_queue = queue
    found = Crowd(queue, folder, egress)
    try:
        yield found
    finally:
        app.conf.task_default_queue = before
        found.kill_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


SLOW_S = 1.5


class Target:
    """A web server on loopback that remembers the keys of the calls it got.

    It holds answers back until `answer` is set, or for its patience. Below `/flaky` the first call
    of each key is answered by 503; below `/slow` the answers take longer than a heartbeat.
    """

    def __init__(self, patience_s: float = 60) -> None:
        self.calls: list[tuple[str, str]] = []  # path and key, in the order in which they came
        self.arrived = threading.Event()
        self.answer = threading.Event()
        self.patience_s = patience_s
        self.forgives = False  # answers by 200 at once, also below `/flaky`
        self.server = _Server(("127.0.0.1", 0), _handler(self))
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def keys(self) -> list[str]:
        """The key of each call."""
        return [key for _, key in self.calls]

    def seen(self, path: str) -> list[str]:
        """Return the keys that came to one path."""
        return [key for called, key in self.calls if called == path]

    def take(self, path: str, key: str) -> int:
        """Note a call, wait until it may be answered, and return the status."""
        is_first = (path, key) not in self.calls and not self.forgives
        self.calls.append((path, key))
        self.arrived.set()
        self.answer.wait(max(self.patience_s, SLOW_S if path.startswith("/slow") else 0))
        return 503 if path.startswith("/flaky") and is_first else 200

    def reset(self) -> None:
        """Forget what came, and hold back answers again."""
        self.calls.clear()
        self.arrived.clear()
        self.answer.clear()

    def close(self) -> None:
        """Stop answering."""
        self.answer.set()
        self.server.shutdown()
        self.server.server_close()


def _handler(target: Target) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status = target.take(self.path, self.headers["Idempotency-Key"] or "")
            try:
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")
            except OSError:
                return  # the caller is gone

        do_POST = do_PUT  # noqa: N815 - the name that the base class calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    return Handler
