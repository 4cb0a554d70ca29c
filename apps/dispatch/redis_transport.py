"""Redis as a broker whose lists anybody with the password may write into.

What is no message at all never becomes one: kombu's own channel raises then, and the worker ends.
"""

from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES
from kombu.transport.redis import Channel, Transport

from apps.common.outages import REDIS_AWAY
from apps.dispatch.letters import bury
from apps.dispatch.models import DeadLetter


class CarefulChannel(Channel):
    """Puts aside what it cannot read, and takes the next."""

    def _brpop_read(self, **options: Any) -> bool | None:
        try:
            return bool(super()._brpop_read(**options))  # type: ignore[misc]
        except (Empty, OSError, *REDIS_AWAY):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, it is off the list
            bury(DeadLetter.Reason.UNDECODABLE, body=str(getattr(error, "doc", "")))
            return True


class CarefulTransport(Transport):
    """Redis with the careful channel."""

    Channel = CarefulChannel


def register() -> None:
    """Have URLs of Redis use it."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{CarefulTransport.__name__}"
