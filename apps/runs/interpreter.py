"""Carrying a run on."""

from uuid import UUID


def advance(run_id: UUID) -> None:
    """Carry a run on."""
