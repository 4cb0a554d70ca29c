"""The cache: values as JSON, over connections that outlive a request."""

import json
from typing import Any

from django.core.cache.backends import redis

from apps.common.types import JSON

_clients: dict[tuple[str, ...], "_Client"] = {}


class _Client(redis.RedisCacheClient):
    """Django's, which makes an object for each command, where that one needs it only once."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._made: dict[bool, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        if write not in self._made:
            self._made[write] = super().get_client(key, write=write)
        return self._made[write]


class RedisCache(redis.RedisCache):
    """Django makes a cache anew for each request; the connections to Redis are kept for all."""

    @property
    def _cache(self) -> Any:
        given = vars(self)  # the stubs do not know them
        servers = tuple(given["_servers"])
        if servers not in _clients:  # two at once: one of them is forgotten, and closed with it
            _clients[servers] = _Client(servers, **given["_options"])
        return _clients[servers]

    def count(self, key: str, timeout_s: int) -> int:
        """Count one more under a key and return how many that makes; `timeout_s` begins anew.

        Both commands go together: `incr` would first ask whether there is something to count on.
        """
        made = self.make_and_validate_key(key)
        with self._cache.get_client(made, write=True).pipeline() as together:
            counted, _ = together.incr(made).expire(made, timeout_s).execute()
        return int(counted)


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
