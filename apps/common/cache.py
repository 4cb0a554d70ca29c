"""The cache: values as JSON, over connections that outlive a request."""

import json
from typing import Any

from django.core.cache.backends import redis

from apps.common.types import JSON

_clients: dict[tuple[str, ...], redis.RedisCacheClient] = {}


class RedisCache(redis.RedisCache):
    """Django makes a cache anew for each request; the connections to Redis are kept for all."""

    @property
    def _cache(self) -> Any:
        given = vars(self)  # the stubs do not know them
        servers = tuple(given["_servers"])
        if servers not in _clients:  # two at once: one of them is forgotten, and closed with it
            _clients[servers] = given["_class"](servers, **given["_options"])
        return _clients[servers]


class JSONSerializer:
    """Store JSON: a cache that could unpickle would run what somebody wrote into Redis."""

    def dumps(self, value: JSON) -> bytes | int:
        """Return the stored form; whole numbers stay numbers so that Redis can count on them."""
        if type(value) is int:
            return value
        return json.dumps(value, separators=(",", ":")).encode()

    def loads(self, data: bytes) -> JSON:
        """Return the value that was stored."""
        return json.loads(data)
