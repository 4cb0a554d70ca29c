"""The heartbeat: each second one statement renews every lease of this process.

It is also how news reach a carrier: that its run was woken, that somebody wants it cancelled or
paused, or that it lost the run and must stop.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import Error as DatabaseError

from apps.dispatch import leases, loop
from apps.dispatch.leases import Lease, News
from apps.tenants.context import public_scope
from apps.tenants.database import query

logger = logging.getLogger(__name__)

BEAT_S = 1.0
Listener = Callable[[News | None], None]

_lock = threading.Lock()
_held: dict[UUID, tuple[Lease, Listener, float]] = {}
_beating: list[object] = []


@contextmanager
def kept(lease: Lease, listener: Listener) -> Iterator[None]:
    """Renew a lease until the block ends; the listener hears the news, None when it is lost."""
    with _lock:
        _held[lease.id] = (lease, listener, time.monotonic())
        if not _beating:
            _beating.append(loop.submit(_beat()))
    try:
        yield
    finally:
        with _lock:
            if _held.get(lease.id, (None, None, 0))[0] is lease:
                del _held[lease.id]


async def _beat() -> None:
    """Renew for as long as this process holds a lease; a database that is away is logged once."""
    away = False
    while True:
        await asyncio.sleep(BEAT_S)
        with _lock:
            if not _held:
                _beating.clear()
                return
            # What was claimed within this beat needs none yet; most runs never do.
            before = time.monotonic() - BEAT_S
            held = [(lease, tell) for lease, tell, since in _held.values() if since < before]
        if not held:
            continue
        try:
            with public_scope():
                news = await query(leases.renew, [lease for lease, _ in held])
        except DatabaseError as error:
            if not away:
                logger.warning("Leases cannot be renewed, the database is away: %s", error)
            away = True
            continue
        away = False
        for lease, tell in held:
            tell(news.get(lease.id))
