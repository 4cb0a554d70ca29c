"""Small pictures, made part by part."""

import struct
import zlib


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """Return a part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*more: bytes, pixels: bytes = b"\x00\x2f\x45\xd8") -> bytes:
    """Return a PNG of one pixel with further parts before the pixels, which may be any bytes."""
    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    body = [chunk(b"IHDR", head), *more, chunk(b"IDAT", zlib.compress(pixels, 0)), chunk(b"IEND")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)
