"""The heartbeat: twice a second one statement renews every lease of this process.

What a carrier could not write because the database was away is let go here too, as soon as it is
back: waiting for the lease to end would cost ten seconds and a strike.
It is also how news reach a carrier: that its run was woken, that somebody wants it cancelled or
paused, or that it lost the run and must stop.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from uuid import UUID

from django.db import Error as DatabaseError

from apps.dispatch import leases, loop
from apps.dispatch.leases import Lease, News
from apps.tenants.context import public_scope
from apps.tenants.database import query

logger = logging.getLogger(__name__)

BEAT_S = 0.5  # so soon a wish reaches who carries the run
FRESH_S = 1.0  # what was claimed so recently needs no renewing yet; most runs never do
Listener = Callable[[News | None], None]

_lock = threading.Lock()
_held: dict[UUID, tuple[Lease, Listener, float]] = {}
_forsaken: dict[UUID, Lease] = {}
_beating: list[Future[None]] = []


@contextmanager
def kept(lease: Lease, listener: Listener) -> Iterator[None]:
    """Renew a lease until the block ends; the listener hears the news, None when it is lost."""
    with _lock:
        _held[lease.id] = (lease, listener, time.monotonic())
        _go_on_beating()
    try:
        yield
    finally:
        with _lock:
            if _held.get(lease.id, (None, None, 0))[0] is lease:
                del _held[lease.id]


def held() -> int:
    """Return how many runs this process carries now."""
    with _lock:
        return len(_held)


def forsake(lease: Lease) -> None:
    """Let a run go once the database answers; its carrier lives and cannot write."""
    with _lock:
        _forsaken[lease.id] = lease
        _go_on_beating()


def _go_on_beating() -> None:
    if not _beating or _beating[-1].done():  # one that ended by a fault is no beat either
        _beating[:] = [loop.submit(_beat())]


async def _beat() -> None:
    """Renew for as long as this process holds a lease; a database that is away is logged once."""
    away = False
    while True:
        await asyncio.sleep(BEAT_S)
        with _lock:
            if not _held and not _forsaken:
                _beating.clear()
                return
            before = time.monotonic() - FRESH_S
            held = [(lease, tell) for lease, tell, since in _held.values() if since < before]
            forsaken = list(_forsaken.values())
        if not held and not forsaken:
            continue
        try:
            with public_scope():
                news = await query(_keep, [lease for lease, _ in held], forsaken)
        except DatabaseError as error:
            if not away:
                logger.warning("Leases cannot be renewed, the database is away: %s", error)
            away = True
            continue
        away = False
        for lease, tell in held:
            tell(news.get(lease.id))


def _keep(held: list[Lease], forsaken: list[Lease]) -> dict[UUID, News]:
    if forsaken:
        leases.forsake(forsaken)
        with _lock:
            for lease in forsaken:
                if _forsaken.get(lease.id) is lease:
                    del _forsaken[lease.id]
    return leases.renew(held) if held else {}
