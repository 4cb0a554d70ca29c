"""What is away for a moment, the database or Redis, as an error that callers can wait for.

An outage is never a bug of ours: it becomes a 503 that says when to come back, not a 500.
"""

from typing import ClassVar

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import ConnectionError as RedisAwayError
from redis.exceptions import TimeoutError as RedisSlowError

from apps.common.errors import Unavailable

REDIS_AWAY = (RedisAwayError, RedisSlowError)
# Classes of SQLSTATE: connection lost; out of connections, memory or disk; server stops or starts;
# server takes no writes.
AWAY = ("08", "53", "57P", "25006")
# Deadlock, serialisation, a lock that did not come, a statement that somebody or a limit cancelled.
BUSY = ("40", "55P03", "57014")


class _Outage(Unavailable):
    """A service that this needs cannot be reached right now. Try again in a few seconds."""

    retry_after_s: ClassVar[int] = 5

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": str(self.retry_after_s)})


class DatabaseAway(_Outage):
    """The database cannot be reached right now. Try again in a few seconds."""


class DatabaseBusy(_Outage):
    """Somebody else is changing the same thing. Try again in a moment."""

    retry_after_s = 1


class RedisAway(_Outage):
    """A service that counts attempts cannot be reached right now. Try again in a few seconds."""


def outage_of(error: BaseException | None) -> Unavailable | None:
    """Return the outage that an error tells of; None if it tells of something else."""
    if isinstance(error, DatabaseError):
        if database_is_away(error):
            return DatabaseAway()
        return DatabaseBusy() if _state_of(error).startswith(BUSY) else None
    if isinstance(error, (*REDIS_AWAY, BrokerError)):
        return RedisAway()
    return None


def database_is_away(error: DatabaseError) -> bool:
    """Tell whether the server was not there for a statement, which may be right by itself."""
    state = _state_of(error)
    if not state:  # no server said so: none was reached, the pool had none, or it went silent
        return isinstance(error, OperationalError | InterfaceError)
    return state.startswith(AWAY)


def _state_of(error: DatabaseError) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""
