"""A provider of its own process for a measurement: `fake_models`, and the way to it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from apps.local.processes import free_port, wait_until
from bench.gateway_calls import Door, calls
from bench.product import ROOT


@contextmanager
def models() -> Iterator[Door]:
    """Start the provider, and return the way to it."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.fake_models", str(port)], cwd=ROOT)
    door = Door(port, "sk-fake", "bench")
    try:
        wait_for(door, 30)
        yield door
    finally:
        process.terminate()
        process.wait(10)


def wait_for(door: Door, seconds: int) -> None:
    """Wait until somebody answers there."""

    def answers() -> bool:
        try:
            return bool(calls(door, 1)[0])
        except (OSError, EOFError, SystemExit):
            return False

    if not wait_until(answers, seconds=seconds):
        raise SystemExit(f"Nobody answers at port {door.port}.")
