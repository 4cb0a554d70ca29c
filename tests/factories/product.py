"""The whole product as a process of its own: what `make run` starts, in a folder of the test's."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

from apps.local.processes import free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 300.0  # a first start takes half a minute on a machine with nothing else to do
OURS = ("DATABASE_URL", "REDIS_URL", "AUTERITY_DATA", "PORT", "DJANGO_SETTINGS_MODULE")


class Product:
    """`manage.py up` with its output kept line by line; `code` is the tree that it runs from."""

    def __init__(
        self, data: Path, *arguments: str, port: int = 0, code: Path = ROOT, **env: str
    ) -> None:
        self.data = data
        self.code = code
        self.port = port or free_port()
        self.lines: list[str] = []
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        self._env = inherited | {"AUTERITY_DATA": str(data), "PORT": str(self.port)} | env
        self._command = [sys.executable, "manage.py", "up", *arguments]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> "Product":
        """Start it, and read what it says."""
        self._process = subprocess.Popen(
            self._command, cwd=self.code, env=self._env, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()
        return self

    @property
    def process(self) -> "subprocess.Popen[str]":
        """The supervisor, or the role itself."""
        assert self._process is not None
        return self._process

    @property
    def output(self) -> str:
        """Everything said so far."""
        return "\n".join(self.lines)

    def says(self, text: str, *, times: int = 1, seconds: float = PATIENCE_S) -> bool:
        """Wait until it says a text; False when it has ended or the time is over."""
        wait_until(lambda: self._count(text) >= times or self._is_over(), seconds=seconds)
        return self._count(text) >= times

    def command(self, *arguments: str) -> str:
        """Run a management command beside it and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.code, env=self._env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    def python(self, module: str, given: str) -> str:
        """Run a module beside it, with a text as input, and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", module], input=given,
            cwd=ROOT, env=self._env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    def children(self) -> dict[str, int]:
        """Return the processes that the supervisor started, by a word of their command."""
        found = {}
        words = ("uvicorn", "celery", "redis-server", "bin/postgres", "sample_site")
        for pid in descendants(self.process.pid, deep=False):
            command = command_of(pid)
            found.update({word: pid for word in words if word in command})
        return found

    def get(self, path: str, host: str = "localhost") -> tuple[int, str]:
        """Return status and body of a page."""
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, headers={"Host": f"{host}:{self.port}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()

    def services(self) -> dict[str, str]:
        """Return the addresses that other commands find in the data folder."""
        found: dict[str, str] = json.loads((self.data / "services.json").read_text())
        return found

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def stop(self) -> int:
        """End it in order, if it still runs, and return its exit code."""
        if not self._is_over():
            self.interrupt()
        return self.process.wait(60)

    def _is_over(self) -> bool:
        return self.process.poll() is not None

    def _count(self, text: str) -> int:
        return sum(text in line for line in list(self.lines))

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
        self.process.stdout.close()


def kill_service(product: Product, word: str) -> None:
    """End a process of a product without a word, once it is proved to be that product's.

    Its parent is the supervisor that we started, it works below our folder, and the handle that is
    signalled was opened before both were looked at.
    """
    pid = product.children()[word]
    handle = os.pidfd_open(pid)
    try:
        assert pid in descendants(product.process.pid, deep=False)
        assert Path(f"/proc/{pid}/cwd").resolve().is_relative_to(product.data)
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    finally:
        os.close(handle)


def descendants(pid: int, *, deep: bool = True) -> list[int]:
    """Return the children of a process; deep, theirs too."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if parent == pid:
            child = int(path.parent.name)
            found += [child, *(descendants(child) if deep else [])]
    return found


def command_of(pid: int) -> str:
    """Return the command line of a process; empty when it is gone or only waits to be buried."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
