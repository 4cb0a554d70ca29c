"""Web processes that tests start and kill, what they answer, and a door that can be shut."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

from apps.local.processes import free_port
from tests.factories.runs import until
from tests.faults.crowd import ROOT, environment
from tests.gateway.programs import CHAT

HOST = "alpha.localhost"


@dataclass
class Server:
    """A process that serves /v1."""

    port: int
    process: "subprocess.Popen[bytes]"

    def ask(self, key: str, model: str = "fast") -> tuple[int, dict[str, str]]:
        """Ask something small; return the status and the headers."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/v1/chat/completions", body_of(model), headers_of(key))
            answer = connection.getresponse()
            answer.read()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def status(self, key: str, model: str = "fast") -> int:
        """Ask and return the status."""
        return self.ask(key, model)[0]

    def begin(self, key: str, model: str) -> HTTPConnection:
        """Ask for a stream and return the connection once its first words came."""
        return self.listen(key, model)[0]

    def listen(self, key: str, model: str) -> tuple[HTTPConnection, HTTPResponse]:
        """Ask for a stream; return connection and answer once its first words came."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        body = body_of(model, stream=True)
        connection.request("POST", "/v1/chat/completions", body, headers_of(key))
        answer = connection.getresponse()
        while b"Hello" not in answer.readline():
            pass
        return connection, answer

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait(10)

    def is_up(self) -> bool:
        """Tell whether it answers."""
        with suppress(OSError, HTTPException):
            return self.status("nobody's key") == 401
        return False


def body_of(model: str, **more: Any) -> bytes:
    """Return a call as it goes over the wire."""
    return json.dumps({"model": model, **CHAT, **more}).encode()


def headers_of(key: str) -> dict[str, str]:
    """Return what goes with it."""
    return {"Host": HOST, "Authorization": f"Bearer {key}", "Content-Type": "application/json"}


@contextmanager
def serving(folder: Path, egress: str = "", **env: str) -> Iterator[Server]:
    """Start a process, wait until it answers, and leave none behind."""
    port = free_port()
    told = environment(egress) | {"SERVER_FOLDER": str(folder)} | env
    command = [sys.executable, "-m", "tests.gateway.server", str(port)]
    with (folder / f"server-{port}.log").open("wb") as log:
        process = subprocess.Popen(command, env=told, cwd=ROOT, stdout=log, stderr=log)
    server = Server(port, process)
    try:
        until(server.is_up, 180)
        yield server
    finally:
        server.kill()


def rows_in(folder: Path) -> int:
    """Return how many rows wait in the files of a folder."""
    files = (folder / "ledger").glob("*.rows")
    return sum(path.read_bytes().count(b"\n") for path in files)


class Door:
    """A way to a server on loopback that can be shut: who is inside is put out."""

    def __init__(self, port: int) -> None:
        self._to, self._open = port, True
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def shut(self) -> None:
        """Put everybody out, and let nobody in."""
        self._open = False
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def reopen(self) -> None:
        """Let them in again."""
        self._open = True

    def close(self) -> None:
        """Shut it for good."""
        self.shut()
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if not self._open:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=pair, daemon=True).start()


def _pass_on(near: socket.socket, far: socket.socket) -> None:
    with suppress(OSError):
        while data := near.recv(1 << 16):
            far.sendall(data)
    for end in (near, far):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def database_port() -> int:
    """Return where the tests' PostgreSQL listens."""
    from django.db import connection

    return int(connection.settings_dict["PORT"])


def without_redis() -> dict[str, str]:
    """Return the environment of a process for which Redis is away."""
    address = os.environ["REDIS_URL"].rpartition("@")[0]
    prefix = f"{address}@" if address else "redis://"
    return {"REDIS_URL": f"{prefix}127.0.0.1:1/0"}
