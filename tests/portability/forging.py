"""Archives as somebody makes them who wants something: ours, changed in one place."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any
from uuid import UUID

from apps.common.ids import uuid7

Rows = list[dict[str, Any]]


class Forged:
    """An archive in parts, from which a ZIP with a fitting manifest is made."""

    def __init__(self, rows: dict[str, Rows] | None = None) -> None:
        self.rows: dict[str, Rows] = rows or {}
        self.stored: dict[str, bytes] = {}
        self.told: dict[str, Any] = {}  # over what the manifest would say
        self.id: UUID | str = uuid7()

    @property
    def files(self) -> dict[str, bytes]:
        """The files, without the manifest."""
        lines = {
            f"rows/{kind}/00001.jsonl": b"".join(json.dumps(row).encode() + b"\n" for row in rows)
            for kind, rows in self.rows.items()
        }
        return {**lines, **{f"files/{name}": data for name, data in self.stored.items()}}

    def manifest(self) -> dict[str, Any]:
        """Return what an honest manifest says of the files, and what is told over it."""
        listed, kinds = [], dict[str, int]()
        for path, data in self.files.items():
            kind = path.split("/")[1] if path.startswith("rows/") else "files"
            rows = data.count(b"\n") if path.startswith("rows/") else None
            kinds[kind] = kinds.get(kind, 0) + (1 if rows is None else rows)
            sha256 = hashlib.sha256(data).hexdigest()
            listed.append(
                {"path": path, "kind": kind, "rows": rows, "size": len(data), "sha256": sha256}
            )
        told = {
            "format": "auterity-workspace",
            "version": 1,
            "archive": str(self.id),
            "workspace": {"id": str(uuid7()), "name": "Forged", "slug": "forged"},
            "moment": "2026-11-29T12:00:00+00:00",
            "secrets": None,
            "kinds": kinds,
            "files": listed,
            "missing": [],
            "without": {},
            "left_out": [],
        }
        return told | self.told

    def data(self) -> bytes:
        """Return the ZIP."""
        return zipped({**self.files, "manifest.json": json.dumps(self.manifest()).encode()})


def zipped(
    files: dict[str, bytes],
    *,
    method: int = zipfile.ZIP_DEFLATED,
    change: Callable[[zipfile.ZipInfo], None] | None = None,
) -> bytes:
    """Return a ZIP of files; `change` sees what the directory says of each before it is written."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            if change is not None:
                change(info)
            made.writestr(info, data)
    return out.getvalue()
