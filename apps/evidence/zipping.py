"""ZIP as it is needed here: files that are packed whole, one after the other, and a directory of them at the end.

Each file is packed by itself, so that whoever comes after a crash needs to know only where it begins.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

LOCAL, CENTRAL, END, END64, LOCATOR64 = (
    0x04034B50, 0x02014B50, 0x06054B50, 0x06064B50, 0x07064B50,
)  # fmt: skip
VERSION, UTF8, DEFLATE, ZIP64 = 45, 0x800, 8, 1
MOST = 0xFFFFFFFF


@dataclass(frozen=True)
class Packed:
    """A file as it stands in a ZIP."""

    name: str
    size: int
    packed: int
    crc: int
    offset: int


def pack(name: str, data: bytes, *, offset: int, at: datetime) -> tuple[bytes, Packed]:
    """Return the bytes of a file, below 4 GiB, with its header; and what the directory tells of it."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    told = Packed(name, len(data), len(body), zlib.crc32(data), offset)
    head = struct.pack(
        "<IHHHIIIIHH", LOCAL, VERSION, UTF8, DEFLATE, _moment(at), told.crc, told.packed, told.size,
        len(name.encode()), 0,
    )  # fmt: skip
    return head + name.encode() + body, told


def directory(files: Iterable[Packed], *, offset: int, at: datetime) -> bytes:
    """Return the end of a ZIP whose files end at the offset."""
    entries = [_entry(each, at) for each in files]
    body = b"".join(entries)
    end = offset + len(body)
    far = struct.pack(
        "<IQHHIIQQQQ", END64, 44, VERSION, VERSION, 0, 0, len(entries), len(entries), len(body), offset
    ) + struct.pack("<IIQI", LOCATOR64, 0, end, 1)  # fmt: skip
    count = min(len(entries), 0xFFFF)
    near = struct.pack("<IHHHHIIH", END, 0, 0, count, count, len(body), min(offset, MOST), 0)
    needs_far = offset >= MOST or len(entries) >= 0xFFFF
    return body + (far if needs_far else b"") + near


def _entry(told: Packed, at: datetime) -> bytes:
    extra = struct.pack("<HHQ", ZIP64, 8, told.offset) if told.offset >= MOST else b""
    name = told.name.encode()
    return struct.pack(
        "<IHHHHIIIIHHHHHII", CENTRAL, VERSION, VERSION, UTF8, DEFLATE, _moment(at), told.crc,
        told.packed, told.size, len(name), len(extra), 0, 0, 0, 0o600 << 16, min(told.offset, MOST),
    ) + name + extra  # fmt: skip


def _moment(at: datetime) -> int:
    """Return a time as DOS kept it."""
    day = (at.year - 1980) << 9 | at.month << 5 | at.day
    return day << 16 | at.hour << 11 | at.minute << 5 | at.second // 2
