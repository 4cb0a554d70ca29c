"""Reading a workspace as it is at one moment.

All rows are read in one transaction that sees the database as it was when it began, and are written
in the same transaction as compressed files of lines: after its commit the moment is kept, and
whoever packs it may die as often as it likes. What dies before left nothing, and begins anew.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from apps.common.types import JSON
from apps.files import zips
from apps.files.models import Blob
from apps.portability import rows, sealing
from apps.portability.contents import KEPT, SECRETS
from apps.portability.kinds import Kept
from apps.portability.models import Export, Part, Snapshot
from apps.vault import services as vault
from apps.vault.exceptions import CannotUnseal
from apps.workflows import drafts
from apps.workflows.exceptions import BadDefinition, BadUpdate
from apps.workflows.models import Workflow

CHUNK_BYTES = 2 << 20  # of lines in one file
AT_ONCE = 50  # rows in memory
MOST_FILES = 100_000
FILES, DRAFTS, SEALED = "files", "workflow_drafts", "secrets"

Tell = Callable[[int], None]
Row = dict[str, JSON]


class TooMuch(Exception):
    """The workspace has more than an archive can hold."""


def read(export: Export, tell: Tell) -> Snapshot | None:
    """Keep the workspace as it is now as parts of an export; None where somebody is reading it.

    `tell` hears every now and then how many rows were read, and may raise to end it.
    Raises IntegrityError where somebody else has just kept it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # enters the workspace before the transaction is to see anything
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        lock = export.pk.int & (2**63 - 1)
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s), transaction_timestamp()", [lock])
        is_ours, moment = cursor.fetchone()
        if not is_ours:
            return None
        book = _Book(export, tell)
        for kind in KEPT:
            book.write(kind.name, _rows_of(kind))
        book.write(DRAFTS, _drafts())
        if export.with_secrets:
            book.write(SEALED, _secrets(export))
        book.hold_files()
        return Snapshot.objects.create(export=export, moment=moment, rows=book.rows)


class _Book:
    """The parts of an export as they are written."""

    def __init__(self, export: Export, tell: Tell) -> None:
        self._export, self._tell = export, tell
        self._number = 0
        self.rows = 0

    def write(self, name: str, found: Iterator[Row]) -> None:
        """Write the rows of a kind as files of lines; one at least, so that none is missed."""
        lines, size, count = list[bytes](), 0, 0
        for row in found:
            lines.append(rows.line(row))
            size += len(lines[-1])
            if size >= CHUNK_BYTES:
                count += 1
                self._add(name, count, lines)
                lines, size = [], 0
        if lines or count == 0:
            self._add(name, count + 1, lines)

    def _add(self, name: str, count: int, lines: list[bytes]) -> None:
        data = b"".join(lines)
        path = f"rows/{name}/{count:05}.jsonl"
        each, packed = zips.record(path, data)
        self._number += 1
        self.rows += len(lines)
        Part.objects.create(
            export=self._export, number=self._number, path=path, kind=name, rows=len(lines),
            size=each.size, sha256=hashlib.sha256(data).hexdigest(), crc=each.crc,
            packed=each.packed, data=packed,
        )  # fmt: skip
        self._tell(self.rows)

    def hold_files(self) -> None:
        """Keep the stored bytes from deletion until they are packed."""
        batch = list[Part]()
        for blob in _files().present().order_by("pk").iterator(500):
            self._number += 1
            if self._number > MOST_FILES:
                raise TooMuch(f"There are more than {MOST_FILES:,} stored files.")
            batch.append(
                Part(
                    export=self._export,
                    number=self._number,
                    path=f"files/{blob.pk}",
                    kind=FILES,
                    size=blob.size,
                    sha256=blob.sha256,
                    blob=blob,
                )
            )
            if len(batch) == 500:
                Part.objects.bulk_create(batch)
                batch = []
                self._tell(self.rows)
        Part.objects.bulk_create(batch)


def _rows_of(kind: Kept) -> Iterator[Row]:
    fields = kind.fields
    found: QuerySet[Any] = _files() if kind.name == FILES else QuerySet(kind.model)
    names = [each.attname for each in fields]
    for values in found.filter(kind.where).order_by("pk").values_list(*names).iterator(AT_ONCE):
        yield rows.told(fields, values)


def _files() -> Any:
    """Return the stored bytes that rows of the archive refer to."""
    wanted = Blob.objects.none()
    found = Blob.objects.all()
    conditions = [
        Exists(QuerySet(kind.model).filter(**{field.name: OuterRef("pk")}))
        for kind in KEPT
        for field in kind.blob_fields
    ]
    if not conditions:
        return wanted
    either = conditions[0]
    for each in conditions[1:]:
        either = either | each  # type: ignore[assignment]  # what Django makes of two is a condition too
    return found.filter(either)


def _drafts() -> Iterator[Row]:
    """Yield each draft as its document says it: what log and snapshot amount to."""
    for workflow in Workflow.objects.filter(draft_seq__gt=0).order_by("pk").iterator(10):
        told: Row = {"workflow": str(workflow.pk), "seq": workflow.draft_seq}
        try:
            yield told | {"definition": drafts.load(workflow).data}
        except (BadUpdate, BadDefinition) as error:
            yield told | {"definition": None, "trouble": error.detail}


def _secrets(export: Export) -> Iterator[Row]:
    key = sealing.from_text(vault.unseal(export.sealed, context=export.seal_context))
    for secret in SECRETS:
        for row in secret.rows():
            try:
                plain = vault.unseal(getattr(row, secret.column), context=secret.context(row))
            except CannotUnseal:
                continue  # it opens nothing here either
            place = sealing.place_of(export.pk, secret.name, row.pk)
            sealed = sealing.seal(plain, key=key, place=place)
            yield {"kind": secret.name, "id": str(row.pk), "sealed": sealed}
