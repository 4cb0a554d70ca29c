"""Everything that `make run` runs, under one roof: started in order, watched, stopped in order."""

import fcntl
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from apps.local.files import write_private
from apps.local.postgres import Postgres
from apps.local.prepared import Stamp
from apps.local.processes import Child, free_port, port_is_taken, say
from apps.local.redis import Redis
from apps.local.roles import ROLES, role

PATIENCE_S = 8
RESTARTS, WITHIN_S = 5, 60.0
OTHER_FOLDER = "name another folder: AUTERITY_DATA=/path/to/folder"


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
    database: str  # host, port and name, as given


def check_port(port: int) -> None:
    """Raise CannotStart if somebody listens on the web server's port."""
    if port_is_taken(port):
        raise CannotStart(
            f"Port {port} is taken. Stop what listens there, "
            f"or choose another one: PORT={port + 1} make run"
        )


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
        check_port(self.plan.port)
        self._take_folder()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        try:
            self._start_services()
            self._prepare_and_start_roles()
            if self._wait_until_ready():
                self._announce(time.monotonic() - started)
            return self._watch()
        finally:
            self._stop()

    def _take_folder(self) -> None:
        data = self.plan.data
        foreign = (
            f"The data folder {data} belongs to another user. Start as that user, or {OTHER_FOLDER}"
        )
        try:
            data.mkdir(parents=True, exist_ok=True)
            if data.stat().st_uid != os.geteuid():
                raise CannotStart(foreign)
            self._lock = (data / "up.lock").open("a+")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except PermissionError as error:
            raise CannotStart(foreign) from error
        except BlockingIOError as error:
            raise CannotStart(
                f"Auterity already runs on the data folder {data}. Stop it first, or {OTHER_FOLDER}"
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
        site = f"http://127.0.0.1:{self._site_port()}"
        self._env["AUTERITY_SAMPLE_SITE"] = site
        self._start(Child("site", _python("-m", "apps.local.sample_site", site), quiet=True))
        write_private(self.plan.data / "services.json", json.dumps(self._env))

    def _postgres(self) -> tuple[Child, str]:
        say("postgres", "starting")
        server = Postgres(self.plan.data)
        return server.start(), server.url

    def _redis(self) -> tuple[Child, str]:
        server = Redis(self.plan.data)
        return server.start(), server.url

    def _site_port(self) -> int:
        """Return the port of the sample pages: workflows hold it, so it stays while it is free."""
        kept = self.plan.data / "site.port"
        port = int(kept.read_text()) if kept.exists() else 0
        if not port or port_is_taken(port):
            port = free_port()
            kept.write_text(str(port))
        return port

    def _prepare_and_start_roles(self) -> None:
        """Bring the database up to date before anybody reads it; what is up to date, side by side."""
        where = [self.plan.database if "DATABASE_URL" in self.plan.given else "embedded"]
        stamp = Stamp(self.plan.data, where=[*where, self._env["AUTERITY_SAMPLE_SITE"]])
        if not stamp.is_current():
            self._finish(self._setup())
            stamp.set()
            self._start_roles()
            return
        links = self._setup("--links-only")
        self._start_roles()
        try:
            self._finish(links)
        except CannotStart:  # the database is not the one that was prepared
            self._finish(self._setup())

    def _setup(self, *arguments: str) -> Child:
        child = Child("setup", _python("manage.py", "prepare", *arguments), env=self._env)
        child.start()
        return child

    def _finish(self, child: Child) -> None:
        assert child.process is not None
        while child.process.poll() is None:
            if self.stopping.wait(0.05):
                child.stop(PATIENCE_S)
                raise CannotStart("Stopped during the set-up; the next start continues it.")
        child.wait_or_kill(1)
        if child.process.returncode:
            raise CannotStart("The set-up of the database failed; its lines above say why.")

    def _start_roles(self) -> None:
        for name in ROLES:
            chosen = role(name, bind=self.plan.bind, port=self.plan.port)
            self._start(Child(name, chosen.command, ready_text=chosen.ready_text))

    def _start(self, child: Child) -> None:
        child.env = self._env
        child.start()
        self.children.append(child)

    def _wait_until_ready(self) -> bool:
        """Wait until web answers and the worker listens; return whether they came up."""
        while not self.stopping.wait(0.05):
            self._restart_the_dead()
            silent = [c for c in self.children if c.ready_text and not c.ready.is_set()]
            if not silent and _answers(self.plan.port):
                return True
        return False

    def _announce(self, seconds: float) -> None:
        host = f"{self.plan.domain}:{self.plan.port}"
        links = _read_links(self.plan.data / "links.json")
        demo = links[0]["url"].split("/accounts/")[0] if links else f"http://{host}"
        for line in (
            f"Auterity is ready after {seconds:.1f} s.",
            "",
            f"  Demo workspace   {demo}",
            f"  New workspace    http://www.{host}",
            f"  Administration   http://admin.{host}",
            "",
            *(["  Sign in as (each link works once, for a day):"] if links else []),
            *(f"    {link['name']:<14} {link['role']:<10} {link['url']}" for link in links),
            "",
            "  Ctrl-C stops everything; what you made stays in " + str(self.plan.data),
        ):
            say("auterity", line)
        self._say_health()

    def _say_health(self) -> None:
        states = {child.name: "down" if child.has_ended else "up" for child in self._all()}
        say("health", ", ".join(f"{name} {state}" for name, state in states.items()))

    def _watch(self) -> int:
        """Restart what dies until a signal comes; give up on what keeps dying."""
        while not self.stopping.wait(0.3):
            if not self._restart_the_dead():
                return 1
        return 0

    def _all(self) -> list[Child]:
        return [*self.services, *self.children]

    def _restart_the_dead(self) -> bool:
        ended = [child for child in self._all() if child.has_ended]
        if ended and not self.stopping.is_set():
            self._say_health()
            if not all(self._restart(child) for child in ended):
                return False
            self._say_health()
        return True

    def _restart(self, child: Child) -> bool:
        now = time.monotonic()
        deaths = [at for at in self._deaths.get(child.name, []) if now - at < WITHIN_S]
        self._deaths[child.name] = [*deaths, now]
        if len(deaths) >= RESTARTS:
            say("auterity", f"{child.name} ended {RESTARTS + 1} times in a minute: giving up.")
            self.stopping.set()
            return False
        say("auterity", f"{child.name} ended; starting it again.")
        if not self.stopping.wait(min(2.0 ** len(deaths) - 1, 10)):
            child.start()
        return True

    def _on_signal(self, number: int, frame: object) -> None:
        if self.stopping.is_set():
            _kill(self._all())
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


def _python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def _answers(port: int) -> bool:
    """Ask the web server by hand: an HTTP client would stay in memory for this alone."""
    request = b"GET /healthz/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
            peer.sendall(request)
            return b" 200 " in peer.recv(100)
    except OSError:
        return False


def _read_links(path: Path) -> list[dict[str, str]]:
    try:
        links: list[dict[str, str]] = json.loads(path.read_text())
    except OSError:
        return []
    path.unlink()
    return links
