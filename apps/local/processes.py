"""Child processes that never outlive us."""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
COLOURS = {"web": 36, "worker": 33, "setup": 37, "postgres": 34, "redis": 31, "site": 32}
Command = Sequence[str | Path]

_libc = ctypes.CDLL(None)
_print_lock = threading.Lock()


def say(name: str, line: str) -> None:
    """Print one line under the name of the process it comes from."""
    head = f"{name:<9}"
    if os.isatty(1):
        head = f"\033[{COLOURS.get(name, 37)}m{head}\033[0m"
    with _print_lock:
        print(f"{head}{line}", flush=True)  # noqa: T201 - the supervisor's whole output


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_taken(port: int) -> bool:
    """Tell whether somebody listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Child:
    """A process in a group of its own, which the kernel ends when we end.

    `stop_with` is the signal of an orderly stop, `death_signal` what the kernel sends when we are
    gone. That one reaches direct children only, so no child may start servers of its own.
    A child counts as ready when a line of its output holds `ready_text`.
    """

    name: str
    command: Command
    env: Mapping[str, str] = field(default_factory=dict)
    stop_with: signal.Signals = signal.SIGTERM
    user: str | None = None
    quiet: bool = False
    death_signal: signal.Signals | None = None
    ready_text: str = ""
    ready: threading.Event = field(default_factory=threading.Event)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and pass its output on, line by line."""
        account = pwd.getpwnam(self.user) if self.user else None
        self.ready.clear()
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            [str(part) for part in self.command],
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=_in_own_group(self.death_signal or self.stop_with),
        )
        threading.Thread(target=self._pass_on, args=(self.process.stdout,), daemon=True).start()

    @property
    def has_ended(self) -> bool:
        """Whether it was started and is gone."""
        return self.process is not None and self.process.poll() is not None

    def ask_to_stop(self) -> None:
        """Send the signal of an orderly stop, and do not wait."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_with)

    def stop(self, patience_s: float) -> None:
        """Ask it to end, then make it."""
        if self.process is None or self.process.poll() is not None:
            return
        self.ask_to_stop()
        self.wait_or_kill(patience_s)

    def wait_or_kill(self, patience_s: float) -> None:
        """Give it this time to end, then end it with all that it started."""
        if self.process is None:
            return
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            say(self.name, f"did not stop within {patience_s:g} s; ending it now")
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _pass_on(self, output: IO[str]) -> None:
        """Pass output on to its end, which may come after the process was started again."""
        for line in output:
            if self.ready_text and self.ready_text in line:
                self.ready.set()
            if not self.quiet:
                say(self.name, line.rstrip())
        output.close()


def run(command: Command, *, env: Mapping[str, str], user: str | None = None) -> str:
    """Run a command to its end and return its output. Raises CalledProcessError with it."""
    account = pwd.getpwnam(user) if user else None
    done = subprocess.run(  # noqa: S603 - our own commands
        [str(part) for part in command],
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        cwd="/" if account else None,
    )
    return done.stdout


def wait_until(check: Callable[[], bool], *, seconds: float) -> bool:
    """Poll until the check holds; False when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.05)
    return check()


def _in_own_group(death_signal: signal.Signals) -> Callable[[], None]:
    """Return what runs in the child after its user was changed, which would clear the signal."""

    def prepare() -> None:
        os.setpgid(0, 0)
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal))

    return prepare
