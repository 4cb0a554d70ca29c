"""Who may call what has changed: told to every process, so that what they remember is forgotten.

A message names a schema and nothing else. Losing one loses little: nothing is remembered for long.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from redis import Redis
from redis.exceptions import RedisError

from apps.tenants.context import current_schema

logger = logging.getLogger(__name__)

CHANNEL = "gateway:changed"
AWAY = (RedisError, OSError)
AGAIN_S = 1.0
PATIENCE_S = 1.0

Listener = Callable[[str | None], None]
_listeners: list[Listener] = []
_lock = threading.Lock()
_ears: list[threading.Thread] = []


def on_change(listener: Listener) -> None:
    """Call a function with each schema in which something changed; None: anything may have."""
    _listeners.append(listener)


def announce() -> None:
    """Tell all processes, once the transaction is committed, that the workspace's settings changed."""
    schema = current_schema()
    transaction.on_commit(lambda: _tell(schema), robust=True)


def forget() -> None:
    """Let this process forget what it remembers of all workspaces."""
    _hand_on(None)


def listen() -> None:
    """Hear of changes from now on; the first call starts the one thread of this process."""
    if _ears and _ears[0].is_alive():
        return
    with _lock:
        if not _ears or not _ears[0].is_alive():
            _ears[:] = [threading.Thread(target=_hear, name="gateway-news", daemon=True)]
            _ears[0].start()


def _tell(schema: str) -> None:
    _hand_on(schema)  # at once here, also without Redis
    try:
        with _client() as client:
            client.publish(_channel(client), schema)
    except AWAY as error:
        logger.warning("Other processes will notice a change later, Redis is away: %s", error)


def _hear() -> None:
    while True:
        try:
            with _client() as client, client.pubsub(ignore_subscribe_messages=True) as heard:
                heard.subscribe(_channel(client))
                _hand_on(None)  # what was said before is lost
                while True:
                    message = heard.get_message(timeout=60)
                    if message is not None:
                        _hand_on(message["data"])
        except AWAY:
            time.sleep(AGAIN_S)


def _hand_on(schema: str | None) -> None:
    for listener in _listeners:
        listener(schema)


def _channel(client: "Redis") -> str:
    """Return where it is told: channels know no databases, and another product may use the next."""
    return f"{CHANNEL}:{client.connection_pool.connection_kwargs.get('db') or 0}"


def _client() -> "Redis":
    return Redis.from_url(
        settings.REDIS_URL, decode_responses=True,
        socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S,
    )  # fmt: skip
