"""Undoing the transfer compression of answers, in pieces of limited size."""

import zlib
from typing import Any

from yarl import URL

from apps.egress.exceptions import EgressTooLarge, EgressUnreachable


def decoder_of(encoding: str) -> Any:
    """Return what decodes a body; None for one that is sent as it is."""
    match encoding.strip().lower():
        case "gzip" | "x-gzip":
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        case "deflate":
            return zlib.decompressobj()
    return None


def decoded(raw: bytes, decoder: Any, url: URL) -> list[bytes]:
    """Decode a chunk in pieces of limited size, so that a bomb is found before it is in memory."""
    if decoder is None:
        return [raw]
    pieces, rest = [], raw
    try:
        for _ in range(64):
            pieces.append(decoder.decompress(rest, 1 << 20))
            rest = decoder.unconsumed_tail
            if not rest:
                return pieces
    except zlib.error as error:
        raise EgressUnreachable(f"{url.host} sent a body that cannot be decompressed.") from error
    raise EgressTooLarge(f"The answer of {url.host} grows too much when decompressed.")
