"""Rows of the ledger on their way to the database: kept in a file, written in batches.

A row is appended to a file of this process before its call is over, so that it outlives the process;
a thread inserts what came since the last time. A file is removed once its rows are committed. Those of a
process that died are taken over by another one of the same data folder: a lock on the file, which
goes with its process, tells them apart. A row inserted twice is there once, by its id.

While the database is away the rows wait in their files. What is written is in the system's hands:
a machine that loses its power may lose the last moments.
"""

import fcntl
import json
import logging
import os
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from apps.common.ids import uuid7
from apps.common.outages import outage_of
from apps.common.types import JSONDict
from apps.gateway.ledger.learning import learn
from apps.gateway.models import LlmCall
from apps.tenants.context import current_schema, public_scope, tenant_context
from apps.tenants.database import give_back
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)

PAUSE_S = 0.5  # between two batches; whoever waits for theirs gets it at once
ADOPT_S = 30.0  # between two looks for files of processes that died
BATCH = 1_000
FIELDS = [each.column for each in LlmCall._meta.concrete_fields]
# What a row of an older release does not say has the value that it would have had.
INSERT = """
INSERT INTO gateway_llmcall ({fields})
SELECT {fields} FROM jsonb_populate_recordset(
    jsonb_populate_record(NULL::gateway_llmcall, %s), %s
) ON CONFLICT (id) DO NOTHING RETURNING id::text
""".format(fields=", ".join(FIELDS))

Line = tuple[str, str]  # schema, and the row as JSON


@dataclass
class _File:
    """A file of lines that this process holds the lock of."""

    path: Path
    handle: int
    lines: list[Line] = field(default_factory=list)

    def add(self, schema: str, row: str) -> None:
        os.write(self.handle, f"{schema}\t{row}\n".encode())
        self.lines.append((schema, row))

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)
        os.close(self.handle)


class Journal:
    """The rows of one process, its thread, and those who wait for theirs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stirred = threading.Event()
        self._open: _File | None = None
        self._closed: list[_File] = []
        self._waiting: list[Future[bool]] = []
        self._thread: threading.Thread | None = None

    def append(self, schema: str, row: JSONDict) -> None:
        """Keep a row; when this returns, it outlives the process."""
        text = json.dumps(row, separators=(",", ":"))
        with self._lock:
            if self._open is None:
                self._open = _new_file()
            self._open.add(schema, text)
        self.start()

    def start(self) -> None:
        """Have somebody write rows, also those that others left."""
        if self._thread is not None and self._thread.is_alive():
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
                self._thread.start()

    def written(self) -> "Future[bool]":
        """Ask for what was appended until now; the answer is whether it is in the database."""
        waiting: Future[bool] = Future()
        with self._lock:
            if self._open is None and not self._closed:
                waiting.set_result(True)
                return waiting
            self._waiting.append(waiting)
        self.start()
        self._stirred.set()
        return waiting

    def _work(self) -> None:
        since_look = ADOPT_S
        while True:
            if since_look >= ADOPT_S:
                since_look = 0.0
                self._adopt()
            self._write()
            since_look += PAUSE_S
            self._stirred.wait(PAUSE_S)
            self._stirred.clear()

    def _adopt(self) -> None:
        with self._lock:
            ours = {each.path for each in (*self._closed, self._open) if each is not None}
        found = list(_left_files(ours))
        with self._lock:
            self._closed += found

    def _write(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        # What others left goes first, and the open file stays open until that is done: while the
        # database is away one file grows, instead of a new one with each try.
        done = self._write_closed()
        if done:
            self._close()
            done = self._write_closed()
        for each in waiting:
            each.set_result(done)

    def _close(self) -> None:
        with self._lock:
            if self._open is not None:
                self._closed.append(self._open)
                self._open = None

    def _write_closed(self) -> bool:
        with self._lock:
            files = list(self._closed)
        for file in files:
            if not _inserted(file.lines):
                return False
            with self._lock:
                self._closed.remove(file)
            file.drop()
        return True


def _new_file() -> _File:
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{uuid7().hex}.rows"
    # Locked before it has its name: who looks for left files never finds it unlocked.
    handle = os.open(path.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    path.with_suffix(".new").rename(path)
    return _File(path, handle)


def _left_files(ours: set[Path]) -> Iterator[_File]:
    """Yield the files whose processes are gone, with their lines."""
    for path in sorted(_folder().glob("*.rows")):
        if path in ours:
            continue
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            continue
        yield _File(path, handle, list(_lines(path)))


def _lines(path: Path) -> Iterator[Line]:
    """Yield what was written; a last line that was cut off belongs to a call that never ended."""
    for line in path.read_text(errors="replace").splitlines(keepends=True):
        schema, _, row = line.partition("\t")
        if row.endswith("\n"):
            yield schema, row.rstrip("\n")


def _inserted(lines: Iterable[Line]) -> bool:
    """Insert rows; tell whether that is done, as it is not while the database is away."""
    by_schema: dict[str, list[str]] = defaultdict(list)
    for schema, row in lines:
        by_schema[schema].append(row)
    try:
        for schema, rows in by_schema.items():
            _insert(schema, rows)
    except Exception as error:
        if outage_of(error) is None:
            logger.exception("Rows of the ledger could not be written; they are tried again")
        else:
            logger.warning("Rows of the ledger wait, the database is away: %s", error)
        return False
    finally:
        give_back()
    return True


def _insert(schema: str, rows: list[str]) -> None:
    with public_scope():
        tenant = Tenant.objects.filter(schema_name=schema).first()
    if tenant is None:
        return  # the workspace is gone, and its ledger with it
    with tenant_context(tenant):
        for place in range(0, len(rows), BATCH):
            batch = rows[place : place + BATCH]
            try:
                _insert_batch(batch)
            except DatabaseError as error:
                if outage_of(error) is not None:
                    raise
                _insert_each(batch)


def _insert_each(rows: list[str]) -> None:
    """Insert one by one, so that a row that no table takes does not hold up the others."""
    for row in rows:
        try:
            _insert_batch([row])
        except DatabaseError as error:
            if outage_of(error) is not None:
                raise
            logger.exception("A row of the ledger is not one: %s", row)


@transaction.atomic
def _insert_batch(rows: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [DEFAULTS, f"[{','.join(rows)}]"])
        new = {each for (each,) in cursor.fetchall()}
    told = {row["id"]: row for row in map(json.loads, rows)}
    learn([row for name, row in told.items() if name in new])


def _defaults() -> str:
    unsaved = LlmCall()
    values = {each.column: getattr(unsaved, each.attname) for each in LlmCall._meta.concrete_fields}
    return json.dumps(values, default=str)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "ledger"


DEFAULTS = _defaults()
_journal = Journal()


def append(row: JSONDict) -> None:
    """Keep a row of the current workspace; when this returns, it outlives the process."""
    _journal.append(current_schema(), row)


def written() -> "Future[bool]":
    """Ask for what was appended until now; the answer is whether it is in the database."""
    return _journal.written()


def start() -> None:
    """Have the rows of processes that died written by this one."""
    _journal.start()
