"""How deep in runs a request is made: told to hosts of this installation alone.

A workflow can be asked over HTTP, and its steps ask over HTTP: one that leads back to itself would
go on for ever, a run inside a run, without anybody here seeing how they belong together.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings

HEADER = "x-auterity-depth"
MOST_DIGITS = 3
_depth: ContextVar[int | None] = ContextVar("depth", default=None)


@contextmanager
def nested(depth: int) -> Iterator[None]:
    """Make requests from a run that lies so deep."""
    token = _depth.set(depth)
    try:
        yield
    finally:
        _depth.reset(token)


def headers_to(host: str | None) -> dict[str, str]:
    """Return what is told to a host: to others nothing."""
    domain = settings.BASE_DOMAIN
    is_ours = host is not None and (host == domain or host.endswith(f".{domain}"))
    depth = _depth.get()
    return {HEADER: str(depth + 1)} if is_ours and depth is not None else {}


def depth_in(headers: Mapping[str, str]) -> int:
    """Return how deep the sender of a request says that it is; whoever says nothing is outside."""
    said = headers.get(HEADER, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= MOST_DIGITS else 0
