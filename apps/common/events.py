"""Messages to whoever is looking at a page now; never the only way something is known."""

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from apps.common.types import JSONDict

logger = logging.getLogger(__name__)


def publish_on_commit(group: str, payload: JSONDict) -> None:
    """Send the payload to a channel group once the transaction is committed.

    The group already carries its schema (`tenants.keys.group_name`). Losing the message loses
    nothing: consumers read what they missed from the database.
    """
    transaction.on_commit(lambda: publish(group, payload), robust=True)


def publish(group: str, payload: JSONDict) -> None:
    """Send the payload now; a channel layer that is away is logged, not raised."""
    async_to_sync(publish_from_loop)(group, payload)


async def publish_from_loop(group: str, payload: JSONDict) -> None:
    """Send the payload now, from async code; a channel layer that is away is logged, not raised."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        await layer.group_send(group, {"type": "live.event", "payload": payload})
    except (OSError, RedisError) as error:
        logger.warning("Live event not delivered: %s", error)
