"""Workers of a running product that are there at once: a parent that has loaded everything forks them.

`python -m tests.faults.nursery` reads `start` or `kill <pid>` a line, and answers each with a pid
once it is done. A worker that is killed each second would otherwise spend its life on imports.
"""

import ctypes
import os
import signal
import subprocess
import sys
from types import TracebackType
from typing import Self

import django

from apps.local.processes import PR_SET_PDEATHSIG
from tests.factories.product import ROOT, Product


class Nursery:
    """The parent of a product's workers, which also buries them."""

    def __init__(self, product: Product, egress: str) -> None:
        env = {**os.environ, **product.services(), "AUTERITY_DATA": str(product.data)}
        env |= {"AUTERITY_EGRESS_ALLOW": egress, "PORT": str(product.port)}
        env["DJANGO_SETTINGS_MODULE"] = "auterity.settings.dev"
        self.workers: list[int] = []
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"], cwd=ROOT, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self) -> None:
        """Start a worker."""
        self.workers.append(self._told("start"))

    def kill(self, worker: int) -> None:
        """End a worker without a word."""
        self.workers.remove(worker)
        self._told(f"kill {worker}")

    def _told(self, order: str) -> int:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(order + "\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:  # fmt: skip
        for worker in list(self.workers):
            self.kill(worker)
        assert self._parent.stdin is not None
        self._parent.stdin.close()
        self._parent.wait(10)


def fork() -> int:
    """Fork a worker, which ends with us, and return its pid."""
    from auterity.celery import app

    parent, pid = os.getpid(), os.fork()
    if pid == 0:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(0)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        app.worker_main([
            "-q", "worker", "-Q", "run", "-P", "threads", "-c", "8", "--without-gossip",
            "--without-mingle",
        ])  # fmt: skip
        os._exit(0)
    return pid


def obey(order: str) -> int:
    """Do one order, and return whose pid it was about."""
    word, *rest = order.split()
    if word == "start":
        return fork()
    pid = int(rest[0])
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return pid


def main() -> None:
    """Load all that a worker needs, and obey until the input ends."""
    django.setup()
    from auterity.celery import app

    app.loader.import_default_modules()
    for line in sys.stdin:
        sys.stdout.write(f"{obey(line)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
