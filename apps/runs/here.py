"""Carrying a run for a moment in the process that accepted it, because somebody waits for its end.

A message to a worker and its way back take longer than most runs that only compute. So the run is
carried on at once, under the same claim and fence as anywhere, by one of a few threads and for a
tenth of a second. What is not over by then, or reaches outside, is let go, and a worker is rung for.
"""

from collections.abc import Callable
from threading import BoundedSemaphore
from typing import TypeVar
from uuid import UUID

from apps.dispatch import services as dispatch
from apps.runs import interpreter
from apps.tenants.context import current_schema

AT_ONCE = 4  # threads of a process that may be busy with it
R = TypeVar("R")

_places = BoundedSemaphore(AT_ONCE)


def starting(start: Callable[[], R], is_awaited: Callable[[R], bool]) -> R:
    """Do what starts runs, and carry these on here if somebody waits for them."""
    with dispatch.at_hand() as runs:
        started = start()
    carry = _carry if runs and is_awaited(started) else _ring
    for run_id in runs:
        carry(run_id)
    return started


def _carry(run_id: UUID) -> None:
    if not _places.acquire(blocking=False):
        _ring(run_id)
        return
    try:
        interpreter.advance(run_id, here=True)
    finally:
        _places.release()


def _ring(run_id: UUID) -> None:
    dispatch.ring_quietly(run_id, current_schema())
