"""Serialisation of cached values."""

import json

from apps.common.types import JSON


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
