"""What runs beside the tasks of a worker process: the sweeper, and the wish to stop."""

import threading
from typing import Any

from celery.signals import worker_ready, worker_shutting_down

from apps.dispatch.sweeper import Sweeper

# Set when this process is to stop: who carries a run starts nothing new and lets it go.
draining = threading.Event()
_sweepers: list[Sweeper] = []


@worker_ready.connect
def start(**kwargs: Any) -> None:
    """Sweep from now on."""
    draining.clear()
    _sweepers.append(Sweeper())
    _sweepers[-1].start()


@worker_shutting_down.connect
def stop(**kwargs: Any) -> None:
    """Stop sweeping; runs that are carried are let go."""
    draining.set()
    while _sweepers:
        _sweepers.pop().stop()
