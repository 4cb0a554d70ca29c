"""What a picture tells beside what is seen goes, whatever its kind; what is seen stays."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.workflows.exceptions import NoImage
from apps.workflows.pictures import cleaned
from tests.factories.pictures import chunk, png

SECRET = b"48.1374 N 11.5755 E"
LONG = 2 << 20  # bytes that take minutes where work grows with their square


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def exif(turned: int, order: str = "<") -> bytes:
    entries = struct.pack(f"{order}HHIHH", 0x010F, 2, 4, 0, 0)
    entries += struct.pack(f"{order}HHIHH", 0x0112, 3, 1, turned, 0)
    head = struct.pack(f"{order}2sHIH", b"II" if order == "<" else b"MM", 42, 8, 2)
    return b"Exif\0\0" + head + entries + bytes(4) + SECRET


JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
PROFILE, TABLE = segment(0xE2, b"ICC_PROFILE\0\1\1sRGB"), segment(0xDB, b"\0" * 65)
FRAME = segment(0xC2, b"\x08\0\1\0\1\1\1\x11\0")
SCAN = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\x00\x34\xff\xd0\x56"
JPEG = b"\xff\xd8" + JFIF + PROFILE + TABLE + FRAME + SCAN + SCAN + b"\xff\xd9"


def jpeg(*more: bytes) -> bytes:
    return JPEG[:2] + b"".join(more) + JPEG[2:]


GIF_HEAD = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
LOOPS = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
DELAY = b"\x21\xf9\x04\0\x0a\0\0\0"
PIXELS = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"


def gif(*more: bytes) -> bytes:
    return GIF_HEAD + LOOPS + b"".join(more) + DELAY + PIXELS + b"\x3b"


def blocks(data: bytes) -> bytes:
    return bytes((len(data),)) + data + b"\0"


def riff(*parts: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in parts
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp(flags: int, *more: tuple[bytes, bytes]) -> bytes:
    return riff((b"VP8X", bytes((flags,)) + bytes(9)), (b"VP8 ", b"\x9d\x01\x2a"), *more)


KINDS = {
    "png": (
        png(chunk(b"tEXt", SECRET), chunk(b"eXIf", SECRET), chunk(b"gAMA", b"\0\0\xb1\x8f"))
        + SECRET,
        png(chunk(b"gAMA", b"\0\0\xb1\x8f")),
    ),
    "jpeg": (
        jpeg(segment(0xE1, exif(1)), segment(0xED, SECRET), segment(0xFE, SECRET)) + SECRET,
        JPEG,
    ),
    "gif": (
        gif(b"\x21\xfe" + blocks(SECRET), b"\x21\xff\x0bXMP DataXMP" + blocks(SECRET)),
        gif(),
    ),
    "webp": (webp(0x2C, (b"EXIF", SECRET), (b"XMP ", SECRET)) + SECRET, webp(0x20)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_seen_stays(kind: str) -> None:
    given_, wanted = KINDS[kind]
    assert SECRET in given_
    assert cleaned(given_) == (f"image/{kind}", wanted)
    assert cleaned(wanted) == (f"image/{kind}", wanted)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("turned", [3, 6, 8])
def test_a_photograph_stays_the_right_way_up(turned: int, order: str) -> None:
    _, kept = cleaned(jpeg(segment(0xE1, exif(turned, order))))
    assert SECRET not in kept
    assert struct.pack(">HHIH", 0x0112, 3, 1, turned) in kept
    assert cleaned(kept) == ("image/jpeg", kept)


def test_a_small_copy_in_a_photograph_goes() -> None:
    copy = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1" + SECRET)
    assert SECRET not in cleaned(JPEG.replace(JFIF, copy))[1]


@pytest.mark.parametrize("kind", KINDS)
def test_half_a_picture_is_refused(kind: str) -> None:
    _, whole = KINDS[kind]
    for length in range(len(whole)):
        with pytest.raises(NoImage):
            cleaned(whole[:length])


@given(st.sampled_from(sorted(KINDS)), st.binary(max_size=80), st.integers(0, 60))
def test_whatever_comes_is_a_picture_or_refused(kind: str, noise: bytes, at: int) -> None:
    _, whole = KINDS[kind]
    try:
        media_type, _ = cleaned(whole[:at] + noise + whole[at:])
    except NoImage:
        return
    assert media_type == f"image/{kind}"


def test_a_scan_of_nothing_but_fill_bytes_is_read_in_one_go() -> None:
    endless = JPEG[:2] + segment(0xDA, b"\1\1\0\0\x3f\0") + b"\xff" * LONG
    for data in (endless, endless + b"\0"):
        with pytest.raises(NoImage):
            cleaned(data)
    assert cleaned(endless + b"\xd9")[1].endswith(b"\xff\xd9")
