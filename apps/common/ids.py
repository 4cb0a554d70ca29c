"""Identifiers: UUID version 7, ordered by the time they were made (RFC 9562, section 5.7)."""

import os
import threading
import time
from uuid import UUID

# In addresses that a regular expression matches; `<uuid:…>` is the same.
UUID_PATTERN = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """Return a new id, larger than every id this process made before."""
    global _last
    with _lock:
        # 48 bits of milliseconds and 12 of its fraction, so that ids of one process keep their order
        stamp = max(time.time_ns() * 4096 // 1_000_000, _last + 1)
        _last = stamp
    random = int.from_bytes(os.urandom(8)) & (2**62 - 1)
    milliseconds, fraction = divmod(stamp, 4096)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random)
