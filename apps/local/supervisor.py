"""Everything that `make run` runs, under one roof: started in order, watched, stopped in order."""

import fcntl
import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from apps.local.postgres import Postgres
from apps.local.processes import Child, free_port, port_is_taken, say
from apps.local.redis import Redis

PATIENCE_S = 8
RESTARTS, WITHIN_S = 5, 60.0
ROLES = ("web", "worker", "beat")


class CannotStart(Exception):
    """Something stands in the way; the message says what to do."""


@dataclass
class Plan:
    """What to run, and where."""

    data: Path
    port: int
    bind: str
    domain: str
    given: frozenset[str]  # the services whose addresses came from the environment
    allow: list[str]
    roles: tuple[str, ...] = ROLES
    python: str = sys.executable

    @property
    def is_whole(self) -> bool:
        """Whether this is the whole product, with its own services and demo data."""
        return self.roles == ROLES


@dataclass
class Supervisor:
    """Starts the parts of a plan, restarts what dies, and stops all of it in the right order."""

    plan: Plan
    children: list[Child] = field(default_factory=list)
    services: list[Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    _env: dict[str, str] = field(default_factory=dict)
    _deaths: dict[str, list[float]] = field(default_factory=dict)
    _lock: IO[str] | None = None

    def run(self) -> int:
        """Run until a signal comes; return the exit code. Raises CannotStart."""
        started = time.monotonic()
        self._check()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        try:
            if self.plan.is_whole:
                self._start_services()
            self._start_roles()
            if self._wait_until_ready():
                self._announce(time.monotonic() - started)
            return self._watch()
        finally:
            self._stop()

    def _check(self) -> None:
        if "web" in self.plan.roles and port_is_taken(self.plan.port):
            raise CannotStart(
                f"Port {self.plan.port} is taken. Stop what listens there, "
                f"or choose another one: PORT={self.plan.port + 1} make run"
            )
        if not self.plan.is_whole:
            return
        self.plan.data.mkdir(parents=True, exist_ok=True)
        try:
            self._lock = (self.plan.data / "up.lock").open("a+")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except PermissionError as error:
            raise CannotStart(
                f"The data folder {self.plan.data} belongs to another user. "
                "Start as that user, or name another folder: AUTERITY_DATA=/path/to/folder"
            ) from error
        except BlockingIOError as error:
            raise CannotStart(
                f"Auterity already runs on the data folder {self.plan.data}. "
                "Stop it first, or name another folder: AUTERITY_DATA=/path/to/folder"
            ) from error

    def _start_services(self) -> None:
        """Start what the environment did not give.

        Their addresses go to the roles, and to a file of the data folder from which commands such
        as `create_api_key` take them.
        """
        makers: dict[str, Callable[[], tuple[Child, str]]] = {
            "DATABASE_URL": self._postgres,
            "REDIS_URL": self._redis,
        }
        for name, make in makers.items():
            if name not in self.plan.given:
                child, self._env[name] = make()
                self.services.append(child)
        site = f"http://127.0.0.1:{free_port()}"
        self._env["AUTERITY_SAMPLE_SITE"] = site
        self._env["AUTERITY_EGRESS_ALLOW"] = ",".join([*self.plan.allow, site])
        self._start(Child("site", self._python("-m", "apps.local.sample_site", site), quiet=True))
        _write_private(self.plan.data / "services.json", json.dumps(self._env))
        self._prepare()

    def _postgres(self) -> tuple[Child, str]:
        say("postgres", "starting")
        server = Postgres(self.plan.data)
        return server.start(), server.url

    def _redis(self) -> tuple[Child, str]:
        server = Redis(self.plan.data)
        return server.start(), server.url

    def _prepare(self) -> None:
        """Bring the database up to date before anybody reads it."""
        child = Child("setup", self._python("manage.py", "prepare"), env=self._env)
        child.start()
        assert child.process is not None
        while child.process.poll() is None:
            if self.stopping.wait(0.05):
                child.stop(PATIENCE_S)
                raise CannotStart("Stopped during the set-up; the next start continues it.")
        child.wait_or_kill(1)
        if child.process.returncode:
            raise CannotStart("The set-up of the database failed; its lines above say why.")

    def _start_roles(self) -> None:
        commands = {
            "web": self._python(
                "-m", "uvicorn", "auterity.asgi:application", "--host", self.plan.bind,
                "--port", str(self.plan.port), "--timeout-graceful-shutdown", "5",
                "--no-access-log", "--log-level", "warning", "--ws-max-size", str(2**20),
            ),
            "worker": self._python(
                "-m", "celery", "--quiet", "-A", "auterity", "worker", "-Q", "run,agent",
                "--without-gossip", "--without-mingle", "--loglevel", "WARNING",
            ),
            "beat": self._python(
                "-m", "celery", "--quiet", "-A", "auterity", "beat", "--loglevel", "WARNING",
                "--pidfile", "",
            ),
        }  # fmt: skip
        for role in self.plan.roles:
            self._start(Child(role, commands[role], env=self._env))

    def _start(self, child: Child) -> None:
        child.env = self._env
        child.start()
        self.children.append(child)

    def _python(self, *arguments: str) -> list[str]:
        return [self.plan.python, *arguments]

    def _wait_until_ready(self) -> bool:
        """Wait for the web server; return whether it came up."""
        if "web" not in self.plan.roles:
            return False
        address = f"http://127.0.0.1:{self.plan.port}/healthz/ready"
        while not self.stopping.wait(0.05):
            self._restart_the_dead()
            try:
                with urllib.request.urlopen(address, timeout=5):
                    return True
            except (OSError, urllib.error.URLError):
                continue
        return False

    def _announce(self, seconds: float) -> None:
        host = f"{self.plan.domain}:{self.plan.port}"
        links = _read_links(self.plan.data / "links.json") if self.plan.is_whole else []
        lines = [
            f"Auterity is ready after {seconds:.1f} s.",
            "",
            f"  Demo workspace   http://{host}",
            f"  New workspace    http://www.{host}",
            f"  Administration   http://admin.{host}",
            "",
            *(["  Sign in as (each link works once, for a day):"] if links else []),
            *(f"    {link['name']:<16} {link['role']:<10} {link['url']}" for link in links),
            "",
            "  Ctrl-C stops everything; what you made stays in " + str(self.plan.data),
        ]
        for line in lines:
            say("auterity", line)

    def _watch(self) -> int:
        """Restart what dies until a signal comes; give up on what keeps dying."""
        while not self.stopping.wait(0.3):
            if not self._restart_the_dead():
                return 1
        return 0

    def _restart_the_dead(self) -> bool:
        for child in [*self.services, *self.children]:
            if not child.has_ended or self.stopping.is_set():
                continue
            now = time.monotonic()
            deaths = [at for at in self._deaths.get(child.name, []) if now - at < WITHIN_S]
            self._deaths[child.name] = [*deaths, now]
            if len(deaths) >= RESTARTS:
                say("auterity", f"{child.name} ended {RESTARTS + 1} times in a minute: giving up.")
                self.stopping.set()
                return False
            say("auterity", f"{child.name} ended; starting it again.")
            self.stopping.wait(min(2.0 ** len(deaths) - 1, 10))
            child.start()
        return True

    def _on_signal(self, number: int, frame: object) -> None:
        if self.stopping.is_set():
            _kill([*self.children, *self.services])
            return
        self.stopping.set()

    def _stop(self) -> None:
        """Stop the roles together, then what they stand on."""
        self.stopping.set()
        if self.children:
            say("auterity", "stopping")
        end = time.monotonic() + PATIENCE_S
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.wait_or_kill(max(0.1, end - time.monotonic()))
        for child in reversed(self.services):
            child.stop(PATIENCE_S)
        if self._lock is not None:
            (self.plan.data / "services.json").unlink(missing_ok=True)
            self._lock.close()


def _kill(children: Iterable[Child]) -> None:
    for child in children:
        child.wait_or_kill(0)


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)


def _read_links(path: Path) -> list[dict[str, str]]:
    try:
        links: list[dict[str, str]] = json.loads(path.read_text())
    except OSError:
        return []
    path.unlink()
    return links
