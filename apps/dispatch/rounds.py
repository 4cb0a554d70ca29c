"""What each worker process looks after again and again, beside its tasks."""

import threading
from collections.abc import Callable
from typing import Any

from celery.signals import worker_ready, worker_shutting_down


class Rounds(threading.Thread):
    """Goes round until it is stopped."""

    def __init__(self, name: str, go: Callable[[], None], pause_s: float) -> None:
        super().__init__(name=name, daemon=True)
        self._go, self._pause_s = go, pause_s
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(self._pause_s):
            self._go()

    def stop(self) -> None:
        """End after the round that is going on."""
        self._stopping.set()


def register(name: str, go: Callable[[], None], *, pause_s: float) -> None:
    """Have each worker process do something every so often, from its start until its end."""
    present: list[Rounds] = []

    @worker_ready.connect(weak=False)
    def start(**kwargs: Any) -> None:
        present.append(Rounds(name, go, pause_s))
        present[-1].start()

    @worker_shutting_down.connect(weak=False)
    def stop(**kwargs: Any) -> None:
        while present:
            present.pop().stop()
