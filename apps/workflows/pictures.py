"""Takes out of a picture what it tells beside what is seen: where, when and with what it was made.

Nothing is decoded. The parts of the file are copied one by one, without those that no reader needs
to draw it, and nothing behind its end. So a picture is never unpacked here, however large it says
that it is, and looks exactly as it was sent.
"""

import re
import struct
from collections.abc import Callable, Iterator

from apps.workflows.exceptions import NoImage

PNG = b"\x89PNG\r\n\x1a\n"
# Beside the critical parts: transparency, colours, the size of a pixel, animation.
PNG_KEPT = frozenset({
    b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD", b"pHYs",
    b"acTL", b"fcTL", b"fdAT",
})  # fmt: skip
SOI, EOI, SOS, APP0, APP1, APP2, APP14, APP15, COM = (
    0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE,
)  # fmt: skip
# Between the markers of a JPEG: 0xFF in the pixels is followed by 0, restarts count from 0xD0.
MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])", re.DOTALL)
# The same to be searched for: without repeats, which would be tried anew from each of a million 0xFF.
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
EXIF, ORIENTATION, UPRIGHT = b"Exif\0\0", 0x0112, 1
BARE_JFIF = 14  # without a small copy of the picture
GIF_LOOPS = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0"})
EXTENSION, PICTURE, TRAILER, COMMENT, APPLICATION = 0x21, 0x2C, 0x3B, 0xFE, 0xFF
WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
HAS_EXIF, HAS_XMP = 0x08, 0x04


def cleaned(data: bytes) -> tuple[str, bytes]:
    """Return what kind of picture bytes are, and the picture without what it tells of itself.

    Raises NoImage; SVG is a document, no picture.
    """
    for beginning, (media_type, clean) in KINDS.items():
        if beginning.match(data):
            try:
                return media_type, clean(data)
            except (struct.error, IndexError) as error:  # it ends in the middle
                raise NoImage from error
    raise NoImage


def _png(data: bytes) -> bytes:
    kept, at, kind = [PNG], len(PNG), b""
    while kind != b"IEND":
        size, kind = struct.unpack_from(">I4s", data, at)
        part = data[at : at + size + 12]
        if len(part) != size + 12 or (len(kept) == 1 and kind != b"IHDR"):
            raise NoImage
        if kind[:1].isupper() or kind in PNG_KEPT:
            kept.append(part)
        at += len(part)
    return b"".join(kept)


def _jpeg(data: bytes) -> bytes:
    """Keep the way that the picture is held: many cameras never turn the pixels."""
    parts = list(_jpeg_parts(data))
    turned = next((_orientation(part[4:]) for marker, part in parts if marker == APP1), UPRIGHT)
    kept = [part for marker, part in parts if _is_seen(marker, part[4:])]
    exif = [_only_orientation(turned)] if turned != UPRIGHT else []
    return b"".join([bytes((0xFF, SOI)), *exif, *kept, bytes((0xFF, EOI))])


def _jpeg_parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each part with its marker, up to the end; what is scanned lies with the marker before it."""
    at = 2
    while (found := MARKER.match(data, at)) and (marker := found[1][0]) != EOI:
        (size,) = struct.unpack_from(">H", data, found.end())
        at = found.end() + size
        if marker == SOS:
            following = NEXT_MARKER.search(data, at)
            at = following.start() if following else len(data)
        if size < 2 or at > len(data):
            raise NoImage
        yield marker, data[found.end() - 2 : at]
    if found is None:
        raise NoImage


def _is_seen(marker: int, body: bytes) -> bool:
    """Tell whether a part matters for how the picture looks: colours do, a small copy does not."""
    if marker == APP0:
        return body.startswith(b"JFIF\0") and len(body) == BARE_JFIF
    if marker == APP2:
        return body.startswith(b"ICC_PROFILE\0")
    return marker == APP14 or not (APP1 <= marker <= APP15 or marker == COM)


def _orientation(body: bytes) -> int:
    """Return how the picture is turned, from 1 to 8."""
    tiff = body.removeprefix(EXIF)
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or not body.startswith(EXIF):
        return UPRIGHT
    try:
        start = struct.unpack_from(f"{order}I", tiff, 4)[0]
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        entries = (
            struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * n) for n in range(count)
        )
        found = next((value for tag, _, _, value in entries if tag == ORIENTATION), UPRIGHT)
    except struct.error:
        return UPRIGHT
    return int(found) if 1 < found <= 8 else UPRIGHT


def _only_orientation(turned: int) -> bytes:
    entry = struct.pack(">HHIHH", ORIENTATION, 3, 1, turned, 0)
    body = EXIF + struct.pack(">2sHIH", b"MM", 42, 8, 1) + entry + bytes(4)
    return struct.pack(">BBH", 0xFF, APP1, len(body) + 2) + body


def _gif(data: bytes) -> bytes:
    at = 13 + _colours(data[10])
    kept = [data[:at]]
    while data[at] != TRAILER:
        if data[at] == EXTENSION:
            end = _after_blocks(data, at + 2)
            seen = data[at + 1] != COMMENT and (
                data[at + 1] != APPLICATION or data[at + 3 : at + 14] in GIF_LOOPS
            )
        elif data[at] == PICTURE:
            end, seen = _after_blocks(data, at + 11 + _colours(data[at + 9])), True
        else:
            raise NoImage
        kept += [data[at:end]] if seen else []
        at = end
    return b"".join([*kept, bytes((TRAILER,))])


def _colours(flags: int) -> int:
    """Return how many bytes a table of colours takes."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


def _webp(data: bytes) -> bytes:
    kept, at = [], 12
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    if len(data) < end:
        raise NoImage
    while at < end:
        kind, size = struct.unpack_from("<4sI", data, at)
        part = data[at : at + 8 + size + size % 2]
        if len(part) < 8 + size:
            raise NoImage
        if kind == b"VP8X":
            part = part[:8] + bytes((part[8] & ~(HAS_EXIF | HAS_XMP),)) + part[9:]
        kept += [part + bytes(len(part) % 2)] if kind in WEBP_KEPT else []
        at += len(part)
    body = b"WEBP" + b"".join(kept)
    if len(body) == 4:
        raise NoImage
    return struct.pack("<4sI", b"RIFF", len(body)) + body


KINDS: dict[re.Pattern[bytes], tuple[str, Callable[[bytes], bytes]]] = {
    re.compile(PNG): ("image/png", _png),
    re.compile(rb"\xff\xd8\xff"): ("image/jpeg", _jpeg),
    re.compile(rb"GIF8[79]a"): ("image/gif", _gif),
    re.compile(rb"RIFF....WEBP", re.DOTALL): ("image/webp", _webp),
}
