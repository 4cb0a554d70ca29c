"""Packing what was read: piece by piece, so that whoever comes after a crash goes on behind the last one.

A piece is stored first and then, in one short transaction, becomes part of the archive; one that
nobody took up is swept from the storage like all that nothing refers to.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import F

from apps.common.types import JSONDict
from apps.files import services as files
from apps.files import zips
from apps.files.exceptions import BlobUnusable
from apps.files.models import Blob
from apps.portability.contents import KEPT, LEFT_OUT
from apps.portability.models import Export, Part, Piece
from apps.tenants.context import current_tenant

logger = logging.getLogger(__name__)

PIECE_BYTES = 4 << 20
PARTS_AT_ONCE = 200
FORMAT, VERSION = "auterity-workspace", 1
MANIFEST = "manifest.json"


@dataclass
class _Piece:
    """A piece in the making: its bytes, and where in the archive its files begin."""

    offset: int
    chunks: list[bytes] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    size: int = 0

    def add(self, part: Part, each: zips.Record, packed: bytes) -> None:
        head = zips.header(each)
        part.offset, part.crc, part.packed = self.offset + self.size, each.crc, each.packed
        self.chunks += [head, packed]
        self.size += len(head) + len(packed)
        self.parts.append(part)


def pack_next(export: Export) -> bool:
    """Store the next piece of files; False where all of them are packed."""
    number = Piece.objects.filter(export=export).count() + 1
    piece = _Piece(export.size)
    for part in _unpacked(export):
        _put(piece, part)
        if piece.size >= PIECE_BYTES:
            break
    if not piece.parts:
        return False
    _store(export, number, piece)
    return True


def pack_end(export: Export) -> None:
    """Store the manifest and the directory, which make the pieces one archive."""
    number = Piece.objects.filter(export=export).count() + 1
    each, packed = zips.record(MANIFEST, _manifest(export))
    head = zips.header(each)
    packed_parts = export.parts.filter(missing="").defer("data")
    known = [part.as_record for part in packed_parts.iterator(1000)]
    known.append(zips.Record(each.name, each.crc, each.size, each.packed, export.size))
    at = export.size + len(head) + len(packed)
    end = zips.directory(known, offset=at)
    _store(export, number, _Piece(export.size, [head, packed, end]), more=1)


def _unpacked(export: Export) -> Iterator[Part]:
    """Yield the next parts, each read when its turn comes: it may hold megabytes."""
    found = Part.objects.filter(export=export, offset=None, missing="").order_by("number")
    for part_id in list(found.values_list("pk", flat=True)[:PARTS_AT_ONCE]):
        yield Part.objects.select_related("blob").get(pk=part_id)


def _put(piece: _Piece, part: Part) -> None:
    """Add a part to a piece, or note why its bytes cannot be."""
    if part.blob is None:
        piece.add(part, part.as_record, bytes(part.data or b""))
        return
    try:
        data = files.load(part.blob)
    except BlobUnusable as error:
        logger.error("Stored bytes %s are not in an archive: %s", part.blob_id, error.detail)
        part.missing = error.detail[:200]
        piece.parts.append(part)
        return
    piece.add(part, *zips.record(part.path, data))


def _store(export: Export, number: int, piece: _Piece, *, more: int = 0) -> None:
    """Store a piece and make it part of the archive, unless somebody else was first."""
    blob = files.store(b"".join(piece.chunks), kind=Blob.Kind.EXPORT)
    try:
        with transaction.atomic():
            going_on = Export.objects.filter(pk=export.pk, size=piece.offset).unfinished()
            if not going_on.update(
                size=F("size") + blob.size, done=F("done") + len(piece.parts) + more, trouble=""
            ):
                raise IntegrityError("Somebody else went on, or nobody wants it any more.")
            Piece.objects.create(export=export, number=number, blob=blob)
            for part in piece.parts:
                part.data = part.blob = None
            told = ["offset", "crc", "packed", "data", "blob", "missing"]
            Part.objects.bulk_update(piece.parts, told, batch_size=100)
    except IntegrityError:
        logger.info("Somebody else wrote piece %s of archive %s.", number, export.pk)


def _manifest(export: Export) -> bytes:
    """Return what the archive says of itself."""
    counts = dict[str, int]()
    listed, missing = list[JSONDict](), list[JSONDict]()
    fields = ("path", "kind", "rows", "size", "sha256", "missing")
    for path, kind, rows, size, sha256, trouble in export.parts.values_list(*fields):
        if trouble:
            missing.append({"path": path, "why": trouble})
            continue
        counts[kind] = counts.get(kind, 0) + (1 if rows is None else rows)
        listed.append({"path": path, "kind": kind, "rows": rows, "size": size, "sha256": sha256})
    tenant = current_tenant()
    told: JSONDict = {
        "format": FORMAT,
        "version": VERSION,
        "archive": str(export.pk),
        "workspace": {"id": str(tenant.pk), "name": tenant.name, "slug": tenant.slug},
        "moment": export.snapshot.moment.isoformat(),
        "secrets": export.terms,
        "kinds": counts,
        "files": listed,
        "missing": missing,
        "without": {each.name: list(each.without) for each in KEPT if each.without},
        "left_out": [{"model": each.label, "why": each.why} for each in LEFT_OUT],
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()
