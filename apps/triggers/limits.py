"""How often one webhook is called, and how many callers wait for its answer at once."""

import logging
import threading
from collections import Counter
from uuid import UUID

from apps.common import windows
from apps.common.outages import REDIS_AWAY
from apps.tenants.context import current_schema
from apps.triggers.exceptions import TooManyWaiting, TooOften

logger = logging.getLogger(__name__)

WINDOW_S = 60
NOTED_REFUSALS = 20  # a minute; more tell nothing new, and strangers must not fill the table

_lock = threading.Lock()
_taken: Counter[str] = Counter()


class Seat:
    """The right to wait for an answer, in this process, until it is left."""

    def __init__(self, holder: str = "") -> None:
        self._holder = holder

    def leave(self) -> None:
        """Make room; leaving twice is once."""
        holder, self._holder = self._holder, ""
        if holder:
            with _lock:
                _taken[holder] -= 1
                if not _taken[holder]:
                    del _taken[holder]


def take_seat(trigger_id: UUID, most: int) -> Seat:
    """Return a seat. Raises TooManyWaiting."""
    holder = f"{current_schema()}:{trigger_id}"
    with _lock:
        if _taken[holder] >= most:
            raise TooManyWaiting(retry_after=5)
        _taken[holder] += 1
    return Seat(holder)


def check_rate(trigger_id: UUID, per_minute: int) -> None:
    """Count a call. Raises TooOften above the limit; while Redis is away nothing is counted."""
    if _count(f"hook:{trigger_id}") > per_minute:
        raise TooOften(retry_after=windows.seconds_left(WINDOW_S))


def may_note_refusal(trigger_id: UUID) -> bool:
    """Tell whether one more refused call is worth a row."""
    return _count(f"hook-refused:{trigger_id}") <= NOTED_REFUSALS


def _count(name: str) -> int:
    try:
        return windows.count(name, WINDOW_S)
    except REDIS_AWAY as error:
        logger.warning("Calls of a webhook are not counted, Redis is away: %s", error)
        return 0
