"""What each worker process does beside its tasks: once a minute it looks what is due."""

import logging
import threading
from typing import Any

from celery.signals import worker_ready, worker_shutting_down
from django.db import Error as DatabaseError
from django.db import connection

from apps.operators import deleting, support
from apps.tenants.context import public_scope

logger = logging.getLogger(__name__)

ROUND_S = 60.0


class Rounds(threading.Thread):
    """Looks until it is stopped."""

    def __init__(self) -> None:
        super().__init__(name="operators", daemon=True)
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(ROUND_S):
            try:
                support.close_over()
                deleting.carry_due()
            except DatabaseError as error:
                logger.warning(
                    "Support accesses and deletions wait for the database: %s", str(error).strip()
                )
            finally:
                with public_scope():
                    connection.close()

    def stop(self) -> None:
        """End after what is going on."""
        self._stopping.set()


_rounds: list[Rounds] = []


@worker_ready.connect
def start(**kwargs: Any) -> None:
    """Look from now on."""
    _rounds.append(Rounds())
    _rounds[-1].start()


@worker_shutting_down.connect
def stop(**kwargs: Any) -> None:
    """Look no more."""
    while _rounds:
        _rounds.pop().stop()
