"""What a document covers, without the document: ticks of clients, and which of them are deleted.

Each letter or value that a client adds is a tick of its clock. With this a room can tell whether an
update says anything new, and acknowledge by a state vector, in a few bytes for each client.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from apps.workflows.wire import Contents, Span, Tick, number, write_deletions


class Spans:
    """A set of ticks of many clients, kept as the bounds of its unbroken stretches."""

    def __init__(self) -> None:
        self._bounds: dict[int, array[int]] = {}

    def add(self, span: Span) -> None:
        """Take in the ticks from `start` up to before `end`."""
        client, start, end = span
        if start >= end:
            return
        bounds = self._bounds.setdefault(client, array("Q"))
        left, right = bisect_left(bounds, start), bisect_right(bounds, end)
        # An even place lies outside of all stretches: only there a new bound is needed.
        new = ([] if left % 2 else [start]) + ([] if right % 2 else [end])
        bounds[left:right] = array("Q", new)

    def has(self, span: Span) -> bool:
        """Tell whether all of these ticks are in."""
        client, start, end = span
        bounds = self._bounds.get(client)
        if bounds is None:
            return start >= end
        place = bisect_right(bounds, start)
        return start >= end or (place % 2 == 1 and end <= bounds[place])

    def beginnings(self) -> Iterator[tuple[int, int]]:
        """Yield the clients that are in from their first tick on, and how far without a gap."""
        for client, bounds in self._bounds.items():
            if bounds[0] == 0:
                yield client, bounds[1]


class Known:
    """What the log of a draft covers by now."""

    def __init__(self) -> None:
        self._brought, self._deleted = Spans(), Spans()
        self._vector: bytes | None = None

    def add(self, contents: Contents) -> None:
        """Take in what an update says."""
        for span in contents.brought:
            self._brought.add(span)
        for span in contents.deleted:
            self._deleted.add(span)
        self._vector = None

    def news_of(self, data: bytes, contents: Contents) -> tuple[bytes, Contents] | None:
        """Return what is to be kept of an update; None if it says nothing new.

        Clients answer each question with all deletions that they know of: of an update that brings
        no ticks only the new ones are kept.
        """
        if not all(self._brought.has(span) for span in contents.brought):
            return data, contents
        news = [span for span in contents.deleted if not self._deleted.has(span)]
        return (write_deletions(news), Contents(deleted=news)) if news else None

    @property
    def vector(self) -> bytes:
        """The state vector."""
        if self._vector is None:
            # Highest client first, as clients themselves write it.
            clocks = sorted(self._brought.beginnings(), reverse=True)
            pairs = b"".join(number(client) + number(clock) for client, clock in clocks)
            self._vector = number(len(clocks)) + pairs
        return self._vector


def orphans_of(contents: Contents) -> set[Tick]:
    """Return what claims to lie in something that is there and holds nothing, such as a letter.

    `contents` was read closely. Browsers drop such a thing; the library would refuse all of it.
    """
    here, gone = Spans(), Spans()
    for span in contents.brought:
        here.add(span)
    for span in contents.collected:
        gone.add(span)
    return {
        tick
        for tick, (client, clock) in contents.parents.items()
        if (client, clock) not in contents.holders
        and here.has((client, clock, clock + 1))
        and not gone.has((client, clock, clock + 1))
    }
