"""Archives of the workspace."""

from apps.portability.models.exports import Export, Part, Piece, Snapshot

__all__ = ["Export", "Part", "Piece", "Snapshot"]
