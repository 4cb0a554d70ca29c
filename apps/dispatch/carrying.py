"""Carrying what a chore is about to its end, step by step: whoever comes after a crash goes on."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from apps.dispatch import chores, workers

LEASE = timedelta(seconds=60)  # after which somebody else goes on with what stands still


def carry_on(kind: str, subject: UUID, advance: Callable[[UUID], bool]) -> None:
    """Do steps until one says that there is nothing more to do here, or this process is to stop."""
    while not workers.draining.is_set() and advance(subject):
        hold(kind, subject)


def hold(kind: str, subject: UUID) -> None:
    """Say that somebody works on it, so that nobody else is sent for meanwhile."""
    chores.postpone(kind, subject, chores.now() + LEASE)
