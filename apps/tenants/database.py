"""The database from async code: one hop into a thread, which gives its connection back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from asgiref.sync import SyncToAsync, sync_to_async
from django.db import Error as DatabaseError
from django.db import connection

from apps.common.outages import database_is_away

P = ParamSpec("P")
R = TypeVar("R")

# Fewer threads than pooled connections, so that a burst of sockets waits here instead of there.
_threads = ThreadPoolExecutor(max_workers=12, thread_name_prefix="database")


async def query(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a sync function that uses the database, in the caller's tenant.

    The context travels into the thread, so tenant and request info are those of the caller;
    the connection returns to the pool before the thread serves somebody else.
    """
    hop = sync_to_async(_released, thread_sensitive=False, executor=_threads)
    return await hop(function, args, kwargs)


def give_back() -> None:
    """Return this thread's connection to the pool, for a time in which it is not needed."""
    if not connection.in_atomic_block:  # inside a test's transaction it is not ours to close
        connection.close()


def take(unless: Callable[[], bool]) -> None:
    """Get this thread a connection; while the database is away, wait for it unless told to stop.

    For who has something in hand that must not be lost with the next statement.
    """
    while True:
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            if unless() or not database_is_away(error):
                raise
        else:
            return


def _released(function: Callable[..., R], args: tuple[object, ...], kwargs: dict[str, object]) -> R:
    try:
        return function(*args, **kwargs)
    finally:
        give_back()


def release_thread() -> None:
    """Let go of the thread that sync middleware made for this request.

    A view that is going to wait calls this, so that a thousand waiting calls hold no thread;
    the next hop into sync code makes a new one.
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if executor is not None:
        executor.shutdown(wait=False)
