"""How often something happened lately: fixed windows of time, counted in Redis."""

import time
from typing import cast

from django.core.cache import cache

from apps.common.cache import RedisCache


def count(name: str, window_s: int) -> int:
    """Count one more and return how many there are in the present window."""
    key = f"{name}:{int(time.time()) // window_s}"
    return cast(RedisCache, cache).count(key, 2 * window_s)


def seconds_left(window_s: int) -> int:
    """Return in how many seconds the present window ends."""
    return window_s - int(time.time()) % window_s
