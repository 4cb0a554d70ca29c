"""The whole product for a measurement: `manage.py up` on a folder, with services of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apps.local.processes import free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent
READY = "Auterity is ready after"
PATIENCE_S = 900  # of a start, on a machine that does much else


@dataclass
class Running:
    """A product that is ready: its process, its port, and the seconds that it took."""

    process: "subprocess.Popen[bytes]"
    port: int
    env: dict[str, str]
    seconds: float

    def command(self, *arguments: str) -> str:
        """Run a management command beside it and return the last word it printed."""
        line = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            line, cwd=ROOT, env=self.env, text=True, capture_output=True, check=True
        )
        return done.stdout.split()[-1]


@contextmanager
def running(data: Path, **more: str) -> Iterator[Running]:
    """Start the product on a data folder, wait until it is ready, and stop it in the end."""
    port = free_port()
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    env |= {"AUTERITY_DATA": str(data), "PORT": str(port)} | more
    log = data / "bench.log"
    started = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"], cwd=ROOT, env=env, stdout=output, stderr=output
        )
    try:
        over = lambda: READY in log.read_text() or process.poll() is not None  # noqa: E731
        wait_until(over, seconds=PATIENCE_S)
        if READY not in log.read_text():
            raise SystemExit(f"It did not start:\n{log.read_text()}")
        yield Running(process, port, env, time.monotonic() - started)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
