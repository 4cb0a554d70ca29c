"""Runs whose carriers died twice in a row are carried once more, each in a process of its own.

A process carries many runs, and all of them lose their carrier with it. Which of them killed it
shows only when nothing else is beside it: so the last chance of a run cannot be spoilt by a
neighbour, and who is set aside as poison has earned it.
"""

import logging
import subprocess
import sys
from threading import BoundedSemaphore
from uuid import UUID

from django.conf import settings

from apps.dispatch import workers
from apps.tenants.context import current_schema
from apps.tenants.database import give_back

logger = logging.getLogger(__name__)

COMMAND = [sys.executable, "manage.py", "carry_alone"]
AT_ONCE = 2  # a process has its own memory; who finds no place here is rung for again
LOOK_S = 1.0

_places = BoundedSemaphore(AT_ONCE)


def carry_alone(run_id: UUID) -> None:
    """Have a run carried by a process that is started for it, and wait for that one's end."""
    if not _places.acquire(blocking=False):
        return
    try:
        logger.warning("Run %s is carried alone: twice its carrier died.", run_id)
        command = [*COMMAND, current_schema(), str(run_id)]
        give_back()
        _wait_for(subprocess.Popen(command, cwd=settings.BASE_DIR))  # noqa: S603 - our own
    finally:
        _places.release()


def _wait_for(process: "subprocess.Popen[bytes]") -> None:
    """Wait for a process; ask it to stop when this one is asked to."""
    while True:
        try:
            process.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            if workers.draining.is_set():
                process.terminate()
        else:
            return
