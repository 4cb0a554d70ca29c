"""What a process that lives for long does once, so that its memory stays level."""

import ctypes
import gc

M_ARENA_MAX = -8  # of glibc's mallopt
ARENAS = (
    2  # under one interpreter lock more of them serve nobody, and each keeps what is free in it
)


def settle() -> None:
    """Take what is loaded as given; to be called when all is loaded, before the work begins.

    A full collection waits until a quarter of all objects are new. Without those that were loaded,
    and never go, that is soon: what circles hold is free again, and nobody walks through the code.
    """
    gc.collect()
    gc.freeze()
    limit = getattr(ctypes.CDLL(None), "mallopt", None)
    if limit is not None:  # musl has none, and no arenas
        limit(M_ARENA_MAX, ARENAS)
