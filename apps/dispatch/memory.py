"""Whether the broker still knows what it was told. Redis may be emptied, and says nothing of it."""

from functools import cache

from django.conf import settings
from django.db import connection
from redis import Redis
from redis.exceptions import RedisError

PATIENCE_S = 1.0


def is_lost() -> bool:
    """Tell one process, once, that the broker forgot all messages since somebody asked last.

    A mark lies beside the messages: whoever empties Redis takes it away with them. One that is away
    forgot nothing that could be told now. RabbitMQ keeps what it took.
    """
    if not settings.BROKER_URL.startswith("redis"):
        return False
    try:
        return bool(_client().set(_mark(), 1, nx=True))
    except (RedisError, OSError):
        return False


def _mark() -> str:
    """Return the mark's name: several installations may share a server."""
    return f"aut:memory:{connection.settings_dict['NAME']}"


@cache
def _client() -> "Redis":
    return Redis.from_url(
        settings.BROKER_URL, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S
    )
