"""Proof that servers are ours, before anything is stopped, emptied or changed in them.

A server is ours if it listens on this machine, works in the folder that we made for it, says so
itself, and holds the mark that we put there. One that is not is left alone: `NotOurs` is raised.
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from redis import Redis

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
MARK = "fault_mark"


class NotOurs(AssertionError):
    """The server is not one that this test started: nothing is done to it."""


@dataclass(frozen=True)
class Servers:
    """PostgreSQL and Redis of one data folder, with the mark that was put into both."""

    folder: Path
    database_url: str
    redis_url: str
    mark: str = field(default_factory=lambda: secrets.token_hex(16))

    def claim(self) -> "Servers":
        """Put the mark into both; only servers that work in our folder get one."""
        with self.superuser() as admin:
            self._compare_folder(admin)
            admin.execute("CREATE TABLE IF NOT EXISTS fault_mark (mark text)")
            admin.execute("INSERT INTO fault_mark VALUES (%s)", [self.mark])
        self.mark_redis()
        return self

    def mark_redis(self) -> None:
        """Put the mark into Redis, also one that has come back empty."""
        with self.redis() as server:
            self._compare_redis_folder(server)
            server.set(f"{MARK}:{self.mark}", 1)

    def prove_postgres(self) -> None:
        """Raise NotOurs unless PostgreSQL is the one that we marked."""
        with self.superuser() as admin:
            self._compare_folder(admin)
            if admin.execute("SELECT to_regclass(%s)", [MARK]).fetchone() == (None,):
                raise NotOurs(f"{self._shown(self.database_url)} does not hold our mark.")
            marks = "SELECT 1 FROM fault_mark WHERE mark = %s"
            if admin.execute(marks, [self.mark]).fetchone() is None:
                raise NotOurs(f"{self._shown(self.database_url)} holds another test's mark.")

    def prove_redis(self) -> None:
        """Raise NotOurs unless Redis is the one that we marked."""
        with self.redis() as server:
            self._compare_redis_folder(server)
            if not server.exists(f"{MARK}:{self.mark}"):
                raise NotOurs(f"{self._shown(self.redis_url)} does not hold our mark.")

    def empty_redis(self) -> None:
        """Remove all that Redis knows, and put the mark back."""
        self.prove_redis()
        with self.redis() as server:
            server.flushall()
        self.mark_redis()

    def superuser(self) -> "psycopg.Connection[tuple[object, ...]]":
        """Connect to the postgres database as the superuser whose password lies in our folder."""
        parts = self._local(self.database_url)
        password = (self.folder / "secrets" / "postgres_superuser").read_text()
        return psycopg.connect(
            host=parts.hostname, port=parts.port, dbname="postgres", user="postgres",
            password=password, autocommit=True, connect_timeout=5,
        )  # fmt: skip

    def redis(self) -> Redis:
        """Connect to Redis."""
        self._local(self.redis_url)
        return Redis.from_url(self.redis_url)

    def _compare_folder(self, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
        row = admin.execute("SHOW data_directory").fetchone()
        if row is None or not self._is_below(str(row[0])):
            raise NotOurs(f"{self._shown(self.database_url)} works in another folder.")

    def _compare_redis_folder(self, server: Redis) -> None:
        found = server.config_get("dir")
        if not isinstance(found, dict) or not self._is_below(str(found.get("dir"))):
            raise NotOurs(f"{self._shown(self.redis_url)} works in another folder.")

    def _is_below(self, path: str) -> bool:
        return Path(path).resolve().is_relative_to(self.folder.resolve())

    def _local(self, url: str) -> "_Address":
        parts = urlsplit(url)
        if parts.hostname not in LOOPBACK or not parts.port:
            raise NotOurs(f"{self._shown(url)} is not a port of this machine.")
        return _Address(parts.hostname, parts.port)

    @staticmethod
    def _shown(url: str) -> str:
        """Return an address without its password."""
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port}"


@dataclass(frozen=True)
class _Address:
    hostname: str
    port: int
