"""Where answers are cached: in this process for a minute, in Redis as long as the route says.

In Redis they are sealed with the workspace's key. While Redis is away this process keeps its own.
"""

import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from decimal import Decimal

from django.conf import settings
from redis import Redis as SyncRedis
from redis.asyncio import Redis
from redis.exceptions import LockError, RedisError

from apps.common.loops import PerLoop
from apps.gateway import news
from apps.gateway.exceptions import CacheAway
from apps.gateway.targets.router import CachePolicy
from apps.tenants.context import current_schema
from apps.vault.exceptions import CannotUnseal

logger = logging.getLogger(__name__)

AWAY = (RedisError, OSError)
NEAR_S, NEAR_BYTES = 60.0, 64 << 20
PATIENCE_S = 0.5
# For somebody who asks the same at this moment; whoever waited so long asks for themselves.
TURN_S, LOOK_S = 30.0, 0.05


@dataclass(frozen=True)
class Cached:
    """An answer as it was passed on, and who gave it for how much.

    `cost_usd` is empty where that is not known; `at` is in seconds since 1970.
    """

    body: bytes
    streams: bool
    provider: str
    model: str
    cost_usd: str
    at: float

    @property
    def cost(self) -> Decimal | None:
        """What asking cost, and giving it again saves."""
        return Decimal(self.cost_usd) if self.cost_usd else None

    def packed(self) -> bytes:
        """Return it as bytes: a line of JSON, then the body."""
        about = {**asdict(self), "body": ""}
        return json.dumps(about).encode() + b"\n" + self.body

    @classmethod
    def unpacked(cls, packed: bytes) -> "Cached":
        """Return what was packed."""
        about, _, body = packed.partition(b"\n")
        return cls(**{**json.loads(about), "body": body})


async def find(name: str, policy: CachePolicy) -> Cached | None:
    """Return a kept answer that is young enough."""
    cached = _near.get((current_schema(), name))
    if cached is None:
        cached = await _from_redis(name, policy)
        if cached is not None:
            _near.put((current_schema(), name), cached)
    young = cached is not None and time.time() - cached.at < policy.ttl_s
    return cached if young else None


async def put(name: str, cached: Cached, policy: CachePolicy) -> None:
    """Keep an answer."""
    _near.put((current_schema(), name), cached)
    sealed = policy.sealer.seal(cached.packed(), name)
    try:
        client = await _clients.get()
        await client.set(_key(name), sealed, ex=policy.ttl_s)
    except AWAY as error:
        logger.warning("An answer is kept by this process alone, Redis is away: %s", error)


def drop(name: str) -> None:
    """Forget an answer, here at once and in the other processes as soon as they hear of it.

    Raises CacheAway.
    """
    try:
        with SyncRedis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE_S) as client:
            client.delete(_key(name))
    except AWAY as error:
        raise CacheAway from error
    news.announce()


@asynccontextmanager
async def turn(name: str) -> AsyncIterator[None]:
    """Let one at a time ask the same, so that the others find the answer.

    Nobody waits longer than TURN_S, and nobody at all while Redis is away.
    """
    client = await _clients.get()
    lock = client.lock(f"{_key(name)}:turn", timeout=TURN_S, sleep=LOOK_S, blocking_timeout=TURN_S)
    held = False
    try:
        held = await lock.acquire()
    except AWAY as error:
        logger.warning("The same may be asked more than once, Redis is away: %s", error)
    try:
        yield
    finally:
        if held:
            with suppress(LockError, *AWAY):  # it ended by itself
                await lock.release()


async def redis() -> "Redis":
    """Return the running loop's connection, which waits no longer than PATIENCE_S."""
    return await _clients.get()


async def close() -> None:
    """Close the running loop's connections."""
    await _clients.close()


class _Near:
    """The answers of this process, the longest unused going first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], tuple[float, Cached]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()  # news comes in another thread

    def get(self, key: tuple[str, str]) -> Cached | None:
        with self._lock:
            since, cached = self._kept.get(key, (0.0, None))
            if cached is None or time.monotonic() - since > NEAR_S:
                self._drop(key)
                return None
            self._kept.move_to_end(key)
            return cached

    def put(self, key: tuple[str, str], cached: Cached) -> None:
        with self._lock:
            self._drop(key)
            self._kept[key] = time.monotonic(), cached
            self._bytes += len(cached.body)
            while self._bytes > NEAR_BYTES:
                self._drop(next(iter(self._kept)))

    def forget(self, schema: str | None) -> None:
        with self._lock:
            for key in [key for key in self._kept if schema in (None, key[0])]:
                self._drop(key)

    def _drop(self, key: tuple[str, str]) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._bytes -= len(found[1].body)


_near = _Near()
news.on_change(_near.forget)


async def _from_redis(name: str, policy: CachePolicy) -> Cached | None:
    try:
        client = await _clients.get()
        sealed = await client.get(_key(name))
        return None if sealed is None else Cached.unpacked(policy.sealer.unseal(sealed, name))
    except AWAY as error:
        logger.warning("Cached answers cannot be looked up, Redis is away: %s", error)
    except (CannotUnseal, ValueError, TypeError):  # of an older key, or of another release
        logger.info("A kept answer could not be read and is asked for again")
    return None


def _key(name: str) -> str:
    return f"gateway:answer:{current_schema()}:{name}"


def _client() -> "Redis":
    return Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S
    )


_clients: PerLoop["Redis"] = PerLoop(_client, lambda client: client.aclose())
