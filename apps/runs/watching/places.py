"""How much one person or key may keep open at a time, in one process.

What is open holds a place. A place is given back when whatever held it is gone, however that ended.
"""

from weakref import WeakSet

from apps.common.errors import TooMany
from apps.tenants.context import current_schema

STREAMS, SOCKETS, WAITS = 50, 50, 250


class TooManyOpen(TooMany):
    """Too many streams or sockets of yours are open. Close some."""

    code = "too_many_open"


class Place:
    """One thing that is open."""

    def __init__(self, holder: str) -> None:
        self.holder = holder


_taken: WeakSet[Place] = WeakSet()


def take(kind: str, principal: str, most: int) -> Place:
    """Return a place to hold on to. Raises TooManyOpen if the principal holds the most already."""
    holder = f"{current_schema()}:{kind}:{principal}"
    if sum(each.holder == holder for each in _taken) >= most:
        raise TooManyOpen
    place = Place(holder)
    _taken.add(place)
    return place
