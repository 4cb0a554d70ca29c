"""What a process has spent from memory, where it outlives the process: a mapped file, no disk wait.

Each process has one file, locked as long as it lives. A page that was written to stays in the
machine's memory when the process is killed, so whoever finds a file without its lock reads there
to the last call what the dead process owed. When the machine dies the file is worth nothing, and
the slices count as spent whole.
"""

import fcntl
import mmap
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.common.ids import uuid7

PLACES = 4096
NAMED = struct.Struct("<?63s16s")  # whether it is taken, the workspace's schema, the slice
MONEY = struct.Struct("<q")
SETTLED, HELD = NAMED.size, NAMED.size + MONEY.size
WIDTH = NAMED.size + 2 * MONEY.size
UNIT = 10**10  # of a dollar: what a token costs is told as exactly
ENDING = ".slices"


class TallyFull(Exception):
    """A process holds more slices than it can keep account of."""


@dataclass(frozen=True)
class Owed:
    """What a dead process has spent of a slice: what had ended, and the estimates of what had not."""

    schema: str
    slice_id: UUID
    settled: int  # in units
    held: int


class Tally:
    """The account of this process."""

    def __init__(self) -> None:
        """Make the file and lock it."""
        self.owner = str(uuid7())
        path = folder() / f"{self.owner}{ENDING}"
        unlocked = path.with_suffix(".new")  # nobody looks at it before it is locked
        self._file = unlocked.open("w+b")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._file.truncate(PLACES * WIDTH)
        unlocked.rename(path)
        self._map = mmap.mmap(self._file.fileno(), PLACES * WIDTH)
        self._free = list(range(PLACES))
        self._lock = threading.Lock()

    def open(self, schema: str, slice_id: UUID) -> int:
        """Begin the account of a slice and return its place. Raises TallyFull."""
        with self._lock:
            if not self._free:
                raise TallyFull
            place = self._free.pop()
        self.write(place, 0, 0)
        NAMED.pack_into(self._map, place * WIDTH, True, schema.encode(), slice_id.bytes)
        return place

    def write(self, place: int, settled: int, held: int) -> None:
        """Note how a slice stands.

        What is settled comes first: who dies between the two has rather too much counted.
        """
        begin = place * WIDTH
        MONEY.pack_into(self._map, begin + SETTLED, settled)
        MONEY.pack_into(self._map, begin + HELD, held)

    def leave(self) -> None:
        """Let go of the file without a word: for a process that was forked off and has none yet."""
        self._map.close()
        self._file.close()

    def close(self, place: int) -> None:
        """End the account of a slice that is given back."""
        NAMED.pack_into(self._map, place * WIDTH, False, b"", b"")
        with self._lock:
            self._free.append(place)


def folder() -> Path:
    """Return where the processes keep their files: each database has its own."""
    found = Path(settings.DATA_DIR) / "slices" / str(connection.settings_dict["NAME"])
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


def orphans() -> Iterator[tuple[Path, list[Owed]]]:
    """Yield the files of processes that died, each locked meanwhile; remove one once it is settled."""
    for path in sorted(folder().glob(f"*{ENDING}")):
        try:
            file = path.open("rb")
        except FileNotFoundError:
            continue  # another process was faster
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue  # its process lives
            if path.exists():
                yield path, list(_entries(file.read()))


def usd(units: int) -> Decimal:
    """Return units as dollars."""
    return Decimal(units).scaleb(-10)


def units_of(amount: Decimal) -> int:
    """Return dollars as units, rounded up: nothing is ever counted too low."""
    return int((amount * UNIT).to_integral_value(ROUND_CEILING))


def _entries(data: bytes) -> Iterator[Owed]:
    for begin in range(0, len(data) - WIDTH + 1, WIDTH):
        taken, schema, slice_id = NAMED.unpack_from(data, begin)
        if taken:
            (settled,) = MONEY.unpack_from(data, begin + SETTLED)
            (held,) = MONEY.unpack_from(data, begin + HELD)
            yield Owed(schema.rstrip(b"\0").decode(), UUID(bytes=slice_id), settled, held)
