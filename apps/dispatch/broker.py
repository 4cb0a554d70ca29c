"""How a worker waits for a broker that is away: it looks every second, for as long as it takes.

Celery's own consumer looks less and less often, so that runs would stand still for up to half a
minute after the broker is back, and gives up after a hundred times.
"""

import logging
from typing import Any

from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

logger = logging.getLogger(__name__)

LOOK_S = 1


class PatientConsumer(Consumer):
    """Takes messages for a worker process."""

    def ensure_connected(self, conn: Any) -> Any:
        """Return the connection once the broker answers; an outage is logged once."""
        logged: list[object] = []

        def say(error: Exception, interval: float) -> None:
            if not logged:
                logger.warning("No messages come, the broker is away: %s", error)
            logged.append(error)

        return conn.ensure_connection(
            say, None, interval_start=LOOK_S, interval_step=0, callback=maybe_shutdown
        )
