"""How a worker takes messages: patiently, and whatever somebody else wrote into the queue.

A broker that is away is looked for every second, for as long as it takes; Celery's own consumer
looks less and less often and gives up after a hundred times. A message that is none of ours is put
aside as a dead letter; Celery's own consumer would log what it holds, or end on it.
"""

import logging
from collections.abc import Callable
from typing import Any

from amqp.exceptions import AMQPError
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

from apps.common.outages import REDIS_AWAY
from apps.dispatch.letters import bury
from apps.dispatch.models import DeadLetter

logger = logging.getLogger(__name__)

LOOK_S = 1
# kombu's own list names KeyError too, which a forged message brings about as well.
BROKER_AWAY = (OSError, AMQPError, *REDIS_AWAY)


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

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Any], None]:
        """Return what takes a message; one that Celery cannot even refuse is put aside."""
        handle = super().create_task_handler(*args, **kwargs)

        def take(message: Any) -> None:
            try:
                handle(message)
            except BROKER_AWAY:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it holds, the queue must go on
                self.on_decode_error(message, error)

        return take

    def on_decode_error(self, message: Any, exc: BaseException) -> None:
        _put_aside(message, DeadLetter.Reason.UNDECODABLE)

    def on_unknown_message(self, body: Any, message: Any) -> None:
        _put_aside(message, DeadLetter.Reason.UNDECODABLE)

    def on_invalid_task(self, body: Any, message: Any, exc: BaseException) -> None:
        _put_aside(message, DeadLetter.Reason.UNDECODABLE)

    def on_unknown_task(self, body: Any, message: Any, exc: BaseException) -> None:
        _put_aside(message, DeadLetter.Reason.UNKNOWN_TASK)


def _put_aside(message: Any, reason: str) -> None:
    headers = message.headers if isinstance(message.headers, dict) else {}
    body = message.body if isinstance(message.body, str | bytes) else repr(message.body)
    bury(reason, task=str(headers.get("task", "")), body=body)
    if not message.acknowledged:
        message.ack_log_error(logger, (OSError,))
