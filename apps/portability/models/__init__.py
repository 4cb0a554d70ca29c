"""Archives of the workspace, and those that come into it."""

from apps.portability.models.exports import Export, Part, Piece, Snapshot
from apps.portability.models.imports import FormerEntry, FormerLink, Import, ImportPiece, StoredFile

__all__ = [
    "Export",
    "FormerEntry",
    "FormerLink",
    "Import",
    "ImportPiece",
    "Part",
    "Piece",
    "Snapshot",
    "StoredFile",
]
