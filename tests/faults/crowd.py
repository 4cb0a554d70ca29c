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

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Crowd:
    """The workers of one test, on a queue of its own."""

    queue: str
    folder: Path
    egress: str = ""
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    kills: int = 0

    def start(self, die_at: str = "") -> "subprocess.Popen[bytes]":
        """Start a worker, perhaps one that dies at a point the first time it comes there."""
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "auterity.settings.test",
            "FAULT_DATABASE": str(connection.settings_dict["NAME"]),
            "FAULT_QUEUE": self.queue,
            "FAULT_EGRESS": self.egress,
            "FAULT_DIE_AT": die_at,
            "FAULT_MARK": str(self.folder / f"died-{len(self.processes)}"),
        }
        command = [
            sys.executable, "-m", "tests.faults.worker", "-Q", self.queue, "-P", "threads",
            "-c", "8", "--without-gossip", "--without-mingle", "--loglevel", "WARNING",
        ]  # fmt: skip
        with (self.folder / "workers.log").open("ab") as log:
            process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End a worker without a word."""
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        self.kills += 1

    def kill_all(self) -> None:
        """End every worker that lives, at once."""
        alive = [process for process in self.processes if process.poll() is None]
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


class Target:
    """A web server on loopback that remembers the keys of the calls it got."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.arrived = threading.Event()
        self.answer = threading.Event()
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                self.rfile.read(length)
                target.keys.append(self.headers["Idempotency-Key"] or "")
                target.arrived.set()
                target.answer.wait(60)
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", "2")
                    self.end_headers()
                    self.wfile.write(b"ok")
                except OSError:
                    return  # the caller is gone

            do_POST = do_PUT  # noqa: N815 - the name that the base class calls

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self) -> None:
        """Forget what came, and hold back answers again."""
        self.keys.clear()
        self.arrived.clear()
        self.answer.clear()

    def close(self) -> None:
        """Stop answering."""
        self.answer.set()
        self.server.shutdown()
        self.server.server_close()
