"""What runs beside the tasks of a worker process: the sweeper, its beat, and the wish to stop.

With each beat a process tells how busy it is and hears whether it should drain: then it takes no
messages and lets go what it carries, until it is wanted again.
"""

import logging
import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import DatabaseError, connection

from apps.common import memory, metrics
from apps.common.ids import uuid7
from apps.dispatch import keeper
from apps.dispatch.sweeper import Steady, Sweeper
from apps.tenants.context import public_scope

logger = logging.getLogger(__name__)

FORGOTTEN_S = 3600  # how long one that went without a word is still shown

# Set when this process is to stop: who carries a run starts nothing new and lets it go.
draining = threading.Event()
_stopping = threading.Event()
_steady: list[Steady] = []

BEAT = """
WITH forgotten AS (
    DELETE FROM dispatch_workerprocess
    WHERE id <> %(id)s AND beat_at < clock_timestamp() - %(forgotten)s * interval '1 second'
)
INSERT INTO dispatch_workerprocess AS worker
    (id, host, pid, slots, busy, wanted, is_draining, started_at, beat_at)
VALUES (%(id)s, %(host)s, %(pid)s, %(slots)s, %(busy)s, 'work', %(draining)s,
        clock_timestamp(), clock_timestamp())
ON CONFLICT (id) DO UPDATE
SET busy = excluded.busy, is_draining = excluded.is_draining, beat_at = excluded.beat_at
RETURNING worker.wanted
"""
LEAVE = "DELETE FROM dispatch_workerprocess WHERE id = %(id)s"


class Presence:
    """This process among the workers: it tells how it is and does what is wanted of it."""

    def __init__(self, consumer: Any) -> None:
        self.id: UUID = uuid7()
        self._consumer = consumer
        # A sign of life for the container's own probe, which asks every few seconds without Django.
        self._sign = Path(settings.DATA_DIR) / "workers" / f"{socket.gethostname()}-{os.getpid()}"
        self._queues = list(consumer.app.amqp.queues.consume_from)
        self._remove_forgotten_signs()

    def beat(self) -> None:
        """Tell how it is, and drain or take up work again where somebody wants that."""
        wanted = self._tell()
        self._sign.parent.mkdir(parents=True, exist_ok=True)
        self._sign.touch()
        if wanted == "drain" and not draining.is_set():
            logger.info("This worker drains: it takes nothing and lets go what it carries.")
            self._each_queue("cancel_task_queue")
            draining.set()
        elif wanted == "work" and draining.is_set() and not _stopping.is_set():
            logger.info("This worker takes up work again.")
            draining.clear()
            self._each_queue("add_task_queue")

    def leave(self) -> None:
        """Go from the list."""
        self._sign.unlink(missing_ok=True)
        with public_scope(), connection.cursor() as cursor:
            cursor.execute(LEAVE, {"id": self.id})
            connection.close()

    def _remove_forgotten_signs(self) -> None:
        """Remove the signs of those who were killed, some time after they were."""
        for sign in self._sign.parent.glob("*"):
            with suppress(FileNotFoundError):  # another worker that starts just now does the same
                if time.time() - sign.stat().st_mtime > FORGOTTEN_S:
                    sign.unlink()

    def _tell(self) -> str:
        row = {
            "id": self.id,
            "host": socket.gethostname()[:120],
            "pid": os.getpid(),
            "slots": self._consumer.pool.limit,
            "busy": keeper.held(),
            "draining": draining.is_set(),
            "forgotten": FORGOTTEN_S,
        }
        with public_scope(), connection.cursor() as cursor:
            cursor.execute(BEAT, row)
            return str(cursor.fetchone()[0])

    def _each_queue(self, change: str) -> None:
        """Have the consumer, which lives on another thread, take up or leave its queues."""
        for queue in self._queues:
            self._consumer.call_soon(getattr(self._consumer, change), queue)


_present: list[Presence] = []


@worker_ready.connect
def start(sender: Any = None, **kwargs: Any) -> None:
    """Beat and sweep from now on."""
    memory.settle()
    draining.clear()
    _stopping.clear()
    _present.append(Presence(sender))
    # A sweep that takes long must not make this process look dead: the beat has its own thread.
    _steady[:] = [Steady("beat", _present[-1].beat), Sweeper()]
    for each in _steady:
        each.start()
    if settings.METRICS_PORT:
        place = settings.BIND, settings.METRICS_PORT
        threading.Thread(target=metrics.serve, args=place, name="metrics", daemon=True).start()


@worker_shutting_down.connect
def stop(**kwargs: Any) -> None:
    """Stop sweeping; runs that are carried are let go."""
    _stopping.set()
    draining.set()
    while _steady:
        _steady.pop().stop()
    while _present:
        threading.Thread(target=_leave, args=(_present.pop(),)).start()


def _leave(presence: Presence) -> None:
    """Say goodbye; without a database the silence says it."""
    try:
        presence.leave()
    except DatabaseError:
        return
