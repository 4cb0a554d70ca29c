"""How often something happened lately: fixed windows of time, counted in Redis."""

import time

from django.core.cache import cache

TRIES = 3


def count(name: str, window_s: int) -> int:
    """Count one more and return how many there are in the present window.

    Redis may be emptied between any two of these commands: then the window begins anew.
    """
    key = f"{name}:{int(time.time()) // window_s}"
    for _ in range(TRIES):
        try:
            return cache.incr(key)
        except ValueError:  # the first one in this window, or one of several at once
            if cache.add(key, 1, timeout=2 * window_s):
                return 1
    return 1


def seconds_left(window_s: int) -> int:
    """Return in how many seconds the present window ends."""
    return window_s - int(time.time()) % window_s
