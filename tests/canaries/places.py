"""Everywhere that something may be read: rows, Redis, files, mails, lines of the log."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import mail
from django.db import connection
from redis import Redis

from apps.common.logs import LineFormatter
from apps.tenants.context import maintenance
from tests.canaries.planted import Planted

TABLES = """
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_schema = ANY(%s) AND table_type = 'BASE TABLE'
"""
OWN_FOLDERS = ("postgres", "redis", "secrets")  # of the servers, and the keys of a developer
READ = {
    b"string": lambda client, key: client.get(key),
    b"hash": lambda client, key: client.hgetall(key),
    b"list": lambda client, key: client.lrange(key, 0, -1),
    b"set": lambda client, key: client.smembers(key),
    b"zset": lambda client, key: client.zrange(key, 0, -1, withscores=True),
    b"stream": lambda client, key: client.xrange(key),
}


def look_everywhere(planted: Planted, schema: str, since: float, lines: list[str]) -> None:
    """Read all that was left since a moment."""
    for place, text in rows(["public", schema]):
        planted.see(place, text)
    for place, text in values():
        planted.see(place, text)
    for place, text in files(since):
        planted.see(place, text)
    for letter in mail.outbox:
        planted.see(f"mail “{letter.subject}”", f"{letter.subject}\n{letter.body}\n{letter.to}")
    planted.see("log", "\n".join(lines))


def rows(schemas: list[str]) -> Iterator[tuple[str, str]]:
    """Yield every table with all of its rows as text."""
    with maintenance(), connection.cursor() as cursor:
        cursor.execute(TABLES, [schemas])
        for schema, table in cursor.fetchall():
            cursor.execute(f'SELECT string_agg(t::text, E\'\\n\') FROM "{schema}"."{table}" t')
            yield f"table {schema}.{table}", cursor.fetchone()[0] or ""


def values() -> Iterator[tuple[str, str]]:
    """Yield every value of Redis with its name."""
    with Redis.from_url(settings.REDIS_URL) as client:
        for key in client.scan_iter():
            read: Any = READ.get(client.type(key), lambda client, key: None)
            yield f"Redis {key!r}", f"{key!r} {read(client, key)!r}"


def files(since: float) -> Iterator[tuple[str, str]]:
    """Yield every file of the data folder that was written since."""
    folder = Path(settings.DATA_DIR)
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if inside.parts[0] in OWN_FOLDERS or not path.is_file() or path.stat().st_mtime < since:
            continue
        yield f"file {inside}", path.read_bytes().decode("latin-1")


@contextmanager
def logged() -> Iterator[list[str]]:
    """Collect every line of the log, whatever its level, as production writes it."""
    lines: list[str] = []

    class Collecting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler, root = Collecting(), logging.getLogger()
    handler.setFormatter(LineFormatter())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def now() -> float:
    """Return a moment just before this one, by the clock of files."""
    return time.time() - 1
