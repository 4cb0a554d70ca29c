"""Archives as tests read them."""

import io
import json
import zipfile
from base64 import b64decode
from typing import Any
from uuid import UUID

from apps.files import services as files
from apps.portability import exporting, sealing
from apps.portability.models import Export


class Archive:
    """A written archive."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.zip = zipfile.ZipFile(io.BytesIO(data))
        self.names = self.zip.namelist()
        self.manifest: dict[str, Any] = json.loads(self.read("manifest.json"))
        self.id = UUID(self.manifest["archive"])

    def read(self, path: str) -> bytes:
        return self.zip.read(path)

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """Return the rows of a kind."""
        found = [name for name in self.names if name.startswith(f"rows/{kind}/")]
        return [json.loads(line) for name in found for line in self.read(name).splitlines()]

    @property
    def everything(self) -> bytes:
        """All files, not compressed, and the archive itself."""
        return self.data + b"".join(self.read(name) for name in self.names)

    def key_of(self, passphrase: str) -> bytes:
        """Return the key that a passphrase makes with the archive's salt."""
        return sealing.key_of(passphrase, b64decode(self.manifest["secrets"]["salt"]))


def written(export: Export) -> Archive:
    """Carry an export to its end."""
    exporting.carry(export.pk)
    export.refresh_from_db()
    assert export.status == Export.Status.DONE, (export.status, export.trouble)
    return opened(export)


def opened(export: Export) -> Archive:
    """Read an archive as it is fetched."""
    pieces = export.pieces.select_related("blob")
    data = b"".join(files.load(piece.blob) for piece in pieces)
    assert len(data) == export.size
    return Archive(data)
