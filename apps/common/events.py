"""Messages to whoever is looking at a page now; never the only way something is known."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from apps.common.types import JSONDict

logger = logging.getLogger(__name__)

AGAIN_S = 1.0
AWAY = (OSError, RedisError)  # how a channel layer says that it cannot be reached


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
    except AWAY as error:
        logger.warning("Live event not delivered: %s", error)


@asynccontextmanager
async def listening(group: str) -> AsyncIterator[asyncio.Queue[JSONDict]]:
    """Collect the payloads sent to a group while the block runs, for code that is no consumer.

    A channel layer that is away delivers nothing until it is back: whoever listens also looks at
    the database.
    """
    heard: asyncio.Queue[JSONDict] = asyncio.Queue()
    tried = asyncio.Event()
    pump = asyncio.create_task(_pump(group, heard, tried))
    try:
        await tried.wait()
        yield heard
    finally:
        pump.cancel()
        await asyncio.wait([pump])


async def _pump(group: str, heard: asyncio.Queue[JSONDict], tried: asyncio.Event) -> None:
    layer: Any = get_channel_layer()
    channel = await _joined(layer, group, tried)
    try:
        while True:
            message = await layer.receive(channel)
            heard.put_nowait(message["payload"])
    finally:  # the layer drops the channel itself when its reader is cancelled
        with suppress(*AWAY):
            await layer.group_discard(group, channel)


async def _joined(layer: Any, group: str, tried: asyncio.Event) -> str:
    """Return a channel that is in the group, as soon as there is one."""
    channel = ""
    while True:
        try:
            channel = channel or await layer.new_channel()
            await layer.group_add(group, channel)
        except AWAY as error:
            logger.warning("Not listening to %s yet: %s", group, error)
            tried.set()
            await asyncio.sleep(AGAIN_S)
        else:
            tried.set()
            return channel
