"""The binary form of an update (Yjs, version 1), checked before the library reads it.

The library trusts counts and lengths: a few altered bytes keep it busy for minutes (the corpus of
`tests/workflows/test_wire.py` holds such updates). So every count must be backed by bytes, every
length must be one that a document of ours can have, and only the contents that we use may occur.
Format: the encoding of structs and delete sets in the Yjs sources, UpdateEncoderV1.
"""

import json
from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from apps.workflows.exceptions import BadUpdate

MAX_UPDATE = 8 << 20
MAX_LENGTH = 1 << 24  # letters or items in one struct
MAX_CLOCK = 1 << 31
MAX_DEPTH = 64
LAST_OF_ONE_TICK = 0xFFFF

GC, SKIP = 0, 10
LEFT, RIGHT, KEY = 0x80, 0x40, 0x20
DELETED, JSON, BINARY, STRING, FORMAT, TYPE, ANY = 1, 2, 3, 4, 6, 7, 8
ELEMENT = 3
TYPES = frozenset({0, 1, 2, ELEMENT, 6})  # array, map, text; element and text of a runbook
MAX_FORMAT = 4_096  # bytes of what a format says, such as where a link leads
Span = tuple[int, int, int]  # client, and its clock from the first tick to behind the last
Tick = tuple[int, int]
FIXED = {127: 0, 126: 0, 124: 4, 123: 8, 122: 8, 121: 0, 120: 0}
INTEGER, ANY_STRING, OBJECT, ARRAY, BYTES = 125, 119, 118, 117, 116


@dataclass
class Contents:
    """What an update says: which ticks of which clients it brings, and which it deletes."""

    brought: list[Span] = field(default_factory=list)
    deleted: list[Span] = field(default_factory=list)
    # Where a letter of two ticks, such as an emoji, has its second; and where something is put
    # between two ticks. Both only where they are looked for.
    seconds: set[Tick] = field(default_factory=set)
    cuts: set[Tick] = field(default_factory=set)
    # Likewise: what lies in what, and which ticks are something that others may lie in.
    parents: dict[Tick, Tick] = field(default_factory=dict)
    holders: set[Tick] = field(default_factory=set)
    collected: list[Span] = field(default_factory=list)

    @property
    def halves_letters(self) -> bool:
        """Whether somebody cut a letter of two ticks in the middle, as careless editors do."""
        ends = {(client, end) for client, start, stop in self.deleted for end in (start, stop)}
        return bool(self.seconds & (self.cuts | ends))


def check_update(data: bytes, *, closely: bool = False) -> Contents:
    """Return what the update says. Raises BadUpdate unless the bytes are one that can be applied.

    `closely` also finds out about letters of two ticks.
    """
    if len(data) > MAX_UPDATE:
        raise BadUpdate(f"An update may have {MAX_UPDATE >> 20} MiB.")
    contents = Contents()
    try:
        reader = _Reader(data, contents if closely else None)
        for _ in reader.count():
            _structs(reader, contents.brought)
        for _ in reader.count():
            _deletions(reader, contents.deleted)
        if reader.left():
            raise BadUpdate("The update has bytes after its end.")
    except (IndexError, UnicodeDecodeError, RecursionError) as error:
        raise BadUpdate("The update ends too early or is not one.") from error
    return contents


def without(data: bytes, unwanted: Container[Tick]) -> bytes:
    """Return a checked update in which some structs are as if they had been collected long ago."""
    reader, kept = _Reader(data), bytearray()
    clients = reader.count()
    kept += number(len(clients))
    for _ in clients:
        turns, client, clock = reader.count(), reader.number(), reader.number()
        kept += number(len(turns)) + number(client) + number(clock)
        for _ in turns:
            start = reader.at
            length = _struct(reader, (client, clock))
            is_unwanted = (client, clock) in unwanted
            kept += b"\x00" + number(length) if is_unwanted else data[start : reader.at]
            clock += length
    return bytes(kept + data[reader.at :])


def check_state_vector(data: bytes) -> dict[int, int]:
    """Return the clocks of a state vector. Raises BadUpdate unless the bytes are one."""
    clocks: dict[int, int] = {}
    try:
        reader = _Reader(data)
        for _ in reader.count():
            client = reader.number()
            clocks[client] = reader.number(MAX_CLOCK)
        if reader.left():
            raise BadUpdate("The state vector has bytes after its end.")
    except IndexError as error:
        raise BadUpdate("The state vector ends too early.") from error
    return clocks


def write_deletions(spans: Iterable[Span]) -> bytes:
    """Return the update that only deletes these ticks."""
    by_client: dict[int, list[tuple[int, int]]] = {}
    for client, start, end in spans:
        by_client.setdefault(client, []).append((start, end - start))
    written = bytearray(b"\x00") + number(len(by_client))
    for client, runs in by_client.items():
        written += number(client) + number(len(runs))
        for start, length in runs:
            written += number(start) + number(length)
    return bytes(written)


def number(value: int) -> bytes:
    """Return a number as Yjs writes it: seven bits a byte, the lowest first."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


class _Reader:
    """Reads the primitives of the encoding."""

    def __init__(self, data: bytes, close: Contents | None = None) -> None:
        self.data, self.at, self.close = data, 0, close

    def left(self) -> int:
        return len(self.data) - self.at

    def byte(self) -> int:
        value = self.data[self.at]
        self.at += 1
        return value

    def number(self, limit: int = 1 << 53) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if value > limit or shift > 70:
                raise BadUpdate("The update holds a number that no document has.")
            if byte < 0x80:
                return value

    def count(self) -> range:
        """Return as many turns as are announced; each needs at least a byte."""
        announced = self.number()
        if announced > self.left():
            raise BadUpdate("The update announces more than it holds.")
        return range(announced)

    def skip(self, size: int) -> None:
        if size > self.left():
            raise IndexError
        self.at += size

    def text(self) -> str:
        size = self.number()
        start = self.at
        self.skip(size)
        return self.data[start : self.at].decode()


def _structs(reader: _Reader, brought: list[Span]) -> None:
    turns = reader.count()
    client = reader.number()
    start = clock = reader.number(MAX_CLOCK)
    for _ in turns:
        is_gap = reader.left() and reader.data[reader.at] == SKIP
        if is_gap and clock > start:
            brought.append((client, start, clock))
        clock += _struct(reader, (client, clock))
        start = clock if is_gap else start
        if clock > MAX_CLOCK:
            raise BadUpdate("The update holds a clock that no document has.")
    if clock > start:
        brought.append((client, start, clock))


def _struct(reader: _Reader, at: Tick) -> int:
    """Read one struct and return how many ticks of the clock it takes."""
    info = reader.byte()
    if info in (GC, SKIP):
        length = reader.number(MAX_LENGTH)
        if reader.close and info == GC:
            reader.close.collected.append((at[0], at[1], at[1] + length))
        return length
    for origin in (LEFT, RIGHT):
        if info & origin:
            client, clock = _id(reader)
            if reader.close:  # it lies behind the one, or before the other
                reader.close.cuts.add((client, clock + (origin == LEFT)))
    if not info & (LEFT | RIGHT):
        _parent(reader, at)
        if info & KEY:
            reader.text()
    return _content(reader, info & 0x1F, at)


def _id(reader: _Reader) -> Tick:
    return reader.number(), reader.number(MAX_CLOCK)


def _parent(reader: _Reader, at: Tick) -> None:
    if reader.number() == 1:
        reader.text()
        return
    parent = _id(reader)
    if reader.close:
        reader.close.parents[at] = parent


def _content(reader: _Reader, kind: int, at: Tick) -> int:
    if kind == DELETED:
        return reader.number(MAX_LENGTH)
    if kind == STRING:
        return _letters(reader, at)
    if kind == BINARY:
        reader.skip(reader.number())
        return 1
    if kind == TYPE:
        return _type(reader, at)
    if kind == FORMAT:
        return _format(reader)
    if kind in (ANY, JSON):
        turns = reader.count()
        for _ in turns:
            reader.text() if kind == JSON else _any(reader)
        return len(turns)
    raise BadUpdate("The update holds a content that no workflow has.")


def _type(reader: _Reader, at: Tick) -> int:
    kind = reader.number()
    if kind not in TYPES:
        raise BadUpdate("The update holds a type that no workflow has.")
    if kind == ELEMENT:
        reader.text()  # its name
    if reader.close:
        reader.close.holders.add(at)
    return 1


def _format(reader: _Reader) -> int:
    """Read where a format of a text begins or ends: browsers parse its value, so it must be JSON."""
    reader.text()  # its name
    value = reader.text()
    if len(value) > MAX_FORMAT:
        raise BadUpdate(f"A format may have {MAX_FORMAT} letters.")
    try:
        json.loads(value, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadUpdate("The update holds a format that is no JSON.") from error
    return 1


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number that JSON has.")


def _letters(reader: _Reader, at: Tick) -> int:
    """Read a text and return its length as browsers count: an emoji is two."""
    text = reader.text()
    ticks = len(text.encode("utf-16-le")) // 2
    if reader.close and ticks > len(text):
        client, clock = at
        for letter in text:
            clock += 1
            if ord(letter) > LAST_OF_ONE_TICK:
                reader.close.seconds.add((client, clock))
                clock += 1
    return ticks


def _any(reader: _Reader, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise BadUpdate(f"A value is nested deeper than {MAX_DEPTH} levels.")
    tag = reader.byte()
    if tag in (OBJECT, ARRAY):
        for _ in reader.count():
            if tag == OBJECT:
                reader.text()
            _any(reader, depth + 1)
    else:
        _scalar(reader, tag)


def _scalar(reader: _Reader, tag: int) -> None:
    if tag in FIXED:
        reader.skip(FIXED[tag])
    elif tag == INTEGER:
        while reader.byte() & 0x80:
            pass
    elif tag == ANY_STRING:
        reader.text()
    elif tag == BYTES:
        reader.skip(reader.number())
    else:
        raise BadUpdate("The update holds a value of an unknown kind.")


def _deletions(reader: _Reader, deleted: list[Span]) -> None:
    client = reader.number()
    for _ in reader.count():
        clock = reader.number(MAX_CLOCK)
        deleted.append((client, clock, clock + reader.number(MAX_LENGTH)))
