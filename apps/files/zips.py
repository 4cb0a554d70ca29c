"""Writing a ZIP in pieces: each record is whole in one piece, and the directory comes last.

The library writes only where it can stay until the end; here every piece may be written by another
process. Records have their sizes in front, and what lies behind 4 GiB is told as ZIP64 says.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

LOCAL, CENTRAL, END = 0x04034B50, 0x02014B50, 0x06054B50
END64, LOCATOR64 = 0x06064B50, 0x07064B50
DEFLATED, UTF8 = 8, 0x800
VERSION, VERSION64 = 20, 45
MOST, MOST_SHORT = 0xFFFFFFFF, 0xFFFF
NO_TIME, FIRST_DAY = 0, (1 << 5) | 1  # 1 January 1980: the moment is in the manifest


@dataclass(frozen=True)
class Record:
    """One file of an archive: its name, and what the directory says of it."""

    name: str
    crc: int
    size: int
    packed: int
    offset: int = 0


def deflated(data: bytes) -> bytes:
    """Return bytes as a record holds them."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def record(name: str, data: bytes) -> tuple[Record, bytes]:
    """Return what the directory will say of a file, and the file compressed."""
    packed = deflated(data)
    return Record(name, zlib.crc32(data), len(data), len(packed)), packed


def header(each: Record) -> bytes:
    """Return what stands before the bytes of a file."""
    name = each.name.encode()
    fixed = struct.pack(
        "<IHHHHHIIIHH", LOCAL, VERSION, UTF8, DEFLATED, NO_TIME, FIRST_DAY,
        each.crc, each.packed, each.size, len(name), 0,
    )  # fmt: skip
    return fixed + name


def directory(records: Iterable[Record], *, offset: int) -> bytes:
    """Return the end of an archive, whose records take the bytes up to the offset."""
    lines = [_line(each) for each in records]
    listed = b"".join(lines)
    return listed + _end(len(lines), len(listed), offset)


def _line(each: Record) -> bytes:
    name = each.name.encode()
    is_far = each.offset >= MOST
    more = struct.pack("<HHQ", 1, 8, each.offset) if is_far else b""
    version = VERSION64 if is_far else VERSION
    fixed = struct.pack(
        "<IHHHHHHIIIHHHHHII", CENTRAL, version, version, UTF8, DEFLATED, NO_TIME, FIRST_DAY,
        each.crc, each.packed, each.size, len(name), len(more), 0, 0, 0, 0,
        MOST if is_far else each.offset,
    )  # fmt: skip
    return fixed + name + more


def _end(count: int, size: int, offset: int) -> bytes:
    more = b""
    if count >= MOST_SHORT or offset >= MOST or size >= MOST:
        more = struct.pack(
            "<IQHHIIQQQQ", END64, 44, VERSION64, VERSION64, 0, 0, count, count, size, offset
        ) + struct.pack("<IIQI", LOCATOR64, 0, offset + size, 1)
    short = min(count, MOST_SHORT)
    return more + struct.pack(
        "<IHHHHIIH", END, 0, 0, short, short, min(size, MOST), min(offset, MOST), 0
    )
