"""Workers of the sandbox: who has one, for how long, and under which limits.

For expressions a tenant keeps a worker (starting one costs thirty times what an expression does);
at most `IDLE_TENANTS` do, the least recently used one goes. Code steps get a fresh worker each.
No worker ever serves two tenants.
"""

import atexit
import fcntl
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic_monty import Monty, MontySession, ResourceLimits
from pydantic_monty._binary import find_monty_binary

IDLE_TENANTS = 8
WORKERS_OF_A_TENANT = 2
CODE_WORKERS = 4
MIB = 1 << 20
SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


@dataclass(frozen=True)
class Limits:
    """The most that one feed may take."""

    seconds: float
    memory: int

    def for_worker(self) -> ResourceLimits:
        """Return the interpreter's own form; nothing of the host can be reached."""
        return {
            "max_feed_duration_secs": self.seconds,
            "max_memory": self.memory,
            "max_suspensions": 50,  # looking up a name that is not there counts as one
            "max_recursion_depth": 200,
            "max_total_sleep_secs": 0,
        }


EXPRESSION_LIMITS = Limits(seconds=1.0, memory=16 * MIB)
CODE_LIMITS = Limits(seconds=5.0, memory=128 * MIB)


@dataclass
class _Entry:
    pool: Monty
    users: int = 0


_lock = threading.Lock()
_tenants: OrderedDict[str, _Entry] = OrderedDict()
_code: list[Monty] = []


@contextmanager
def expression_session(tenant: str) -> Iterator[MontySession]:
    """Lend a fresh session on a worker of the tenant."""
    entry = _take(tenant)
    try:
        with entry.pool.checkout(limits=EXPRESSION_LIMITS.for_worker()) as session:
            yield session
    finally:
        _give_back(entry)


@contextmanager
def code_session(limits: Limits) -> Iterator[MontySession]:
    """Lend a session on a worker that nobody used before and nobody will use again."""
    with _lock:
        if not _code:
            _code.append(_start(CODE_WORKERS, max_checkouts_per_worker=1))
    with _code[0].checkout(limits=limits.for_worker()) as session:
        yield session


def close_all() -> None:
    """Stop every worker."""
    with _lock:
        pools = [entry.pool for entry in _tenants.values()] + _code
        _tenants.clear()
        _code.clear()
    for pool in pools:
        pool.__exit__(None, None, None)


def _take(tenant: str) -> _Entry:
    with _lock:
        entry = _tenants.pop(tenant, None) or _Entry(_start(WORKERS_OF_A_TENANT))
        entry.users += 1
        _tenants[tenant] = entry  # now the most recently used
        idle = [name for name, other in _tenants.items() if not other.users]
        surplus = [_tenants.pop(name) for name in idle[: max(0, len(_tenants) - IDLE_TENANTS)]]
    for old in surplus:
        old.pool.__exit__(None, None, None)
    return entry


def _give_back(entry: _Entry) -> None:
    with _lock:
        entry.users -= 1


def _start(workers: int, max_checkouts_per_worker: int | None = None) -> Monty:
    pool = Monty(
        binary_path=_launcher(os.getpid()),
        min_processes=0,
        max_processes=workers,
        checkout_timeout=30,
        request_timeout=CODE_LIMITS.seconds + 5,
        max_checkouts_per_worker=max_checkouts_per_worker,
    )
    return pool.__enter__()


@cache
def _launcher(owner: int) -> Path:
    """Return the launcher as an executable with this Python's path, once for each process.

    It lies in memory, sealed: whoever ends this process, nothing of it stays on the disk, and
    nobody can have written it but us.
    """
    source = Path(__file__).with_name("launcher.py").read_text()
    source = source.replace('BINARY = ""', f"BINARY = {find_monty_binary()!r}", 1)
    handle = os.memfd_create("launch", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(handle, f"#!{sys.executable} -IS\n{source}".encode())
    fcntl.fcntl(handle, fcntl.F_ADD_SEALS, SEALS)
    atexit.register(_close_of, owner)
    return Path(f"/proc/{owner}/fd/{handle}")


def _close_of(owner: int) -> None:
    """Stop the workers at the end of the process that started them, not of one forked from it."""
    if os.getpid() == owner:
        close_all()
