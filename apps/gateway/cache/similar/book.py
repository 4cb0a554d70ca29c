"""The kept questions of one route, as a process holds them: found by what they are about."""

import json
from collections import OrderedDict
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TypeVar

from apps.gateway.cache.similar.subject import Subject, subject_of
from apps.gateway.cache.similar.vectors import Vector

K = TypeVar("K")
MOST_OF_SCOPE, MOST_OF_ROUTE = 500, 1_000
MOST_ALIKE = 8  # whose vectors are compared


@dataclass(frozen=True)
class Entry:
    """A question whose answer is kept under `name`.

    `scope` stands for all that was sent beside the question. A vector is asked for only once there is
    another question to compare with.
    """

    scope: str
    name: str
    text: str
    vector: Vector | None = None

    @cached_property
    def subject(self) -> Subject:
        """What it is about."""
        return subject_of(self.text)

    def packed(self) -> bytes:
        """Return it as bytes: a line of JSON, then the vector."""
        vector = self.vector or Vector("", b"")
        about = {**asdict(self), "vector": vector.model}
        return json.dumps(about).encode() + b"\n" + vector.packed

    @classmethod
    def unpacked(cls, packed: bytes) -> "Entry":
        """Return what was packed."""
        about, _, vector = packed.partition(b"\n")
        told = json.loads(about)
        return cls(**{**told, "vector": Vector(told["vector"], vector) if vector else None})


class Book:
    """Entries by scope and subject, the oldest going first. Not safe for several threads at once."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._scopes: dict[str, dict[str, None]] = {}
        self._alike: dict[tuple[str, str], dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, entry: Entry) -> None:
        """Keep an entry, in place of an earlier one of its name."""
        self.drop(entry.name)
        self._entries[entry.name] = entry
        scope = self._scopes.setdefault(entry.scope, {})
        scope[entry.name] = None
        self._alike.setdefault((entry.scope, entry.subject.key), {})[entry.name] = None
        if len(scope) > MOST_OF_SCOPE:
            self.drop(next(iter(scope)))
        if len(self._entries) > MOST_OF_ROUTE:
            self.drop(next(iter(self._entries)))

    def drop(self, name: str) -> None:
        """Forget an entry."""
        entry = self._entries.pop(name, None)
        if entry is None:
            return
        _take_out(self._scopes, entry.scope, name)
        _take_out(self._alike, (entry.scope, entry.subject.key), name)

    def alike(self, scope: str, subject: Subject) -> list[Entry]:
        """Return the entries that are about the same, the newest first."""
        names = self._alike.get((scope, subject.key), {})
        found = [self._entries[name] for name in reversed(names)]
        return [each for each in found if each.subject.fits(subject)][:MOST_ALIKE]


def _take_out(index: dict[K, dict[str, None]], key: K, name: str) -> None:
    index[key].pop(name)
    if not index[key]:
        del index[key]
