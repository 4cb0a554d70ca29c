"""A text as recognisers read it: without what hides its letters, each with its place in the original.

Escapes of JSON are undone, for much of what models read and write is JSON inside of a text. Digits and
letters of other shapes become plain ones, and characters that nobody sees are left out.
"""

import re
import unicodedata
from bisect import bisect_right

ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|([nrtbf"/\\]))')
NAMED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
# Invisible without being called so: fillers, joiners, selectors of variants.
UNSEEN = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
VARIANTS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
MOST_KNOWN = 5_000  # characters that are remembered

Steps = list[tuple[int, int]]  # from this place on in the text, the original goes on at that one


class _Folding(dict[int, int | None]):
    """What a character is read as; looked up once for each."""

    def __missing__(self, code: int) -> int | None:
        folded = _folded(code)
        if len(self) < MOST_KNOWN:
            self[code] = folded
        return folded


def _folded(code: int) -> int | None:
    char = chr(code)
    kind = unicodedata.category(char)
    if kind == "Cf" or code in UNSEEN or any(code in each for each in VARIANTS):
        return None
    if kind == "Pd":
        return ord("-")
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return ord(str(digit))
    plain = unicodedata.normalize("NFKC", char)
    return ord(plain) if len(plain) == 1 else code


FOLDING = _Folding({code: code for code in range(128)})


class Plain:
    """A text made plain."""

    def __init__(self, raw: str) -> None:
        """Read a text."""
        self.raw = raw
        self._escapes: Steps = []
        self._gaps: Steps = []
        text = _unescaped(raw, self._escapes) if "\\" in raw else raw
        self.text = text if text.isascii() else _seen(text, self._gaps)

    def original(self, place: int) -> int:
        """Return where something stands in the original."""
        for steps in (self._gaps, self._escapes):
            found = bisect_right(steps, (place, len(self.raw))) - 1
            if found >= 0:
                here, there = steps[found]
                place += there - here
        return place

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the part of the original that a part of the text stands for."""
        return self.original(start), self.original(end)


def _unescaped(raw: str, steps: Steps) -> str:
    parts, at, length = [], 0, 0
    for found in ESCAPE.finditer(raw):
        code, name = found.groups()
        parts += [raw[at : found.start()], chr(int(code, 16)) if code else NAMED.get(name, name)]
        length += found.start() - at + 1
        at = found.end()
        steps.append((length, at))
    return "".join([*parts, raw[at:]]) if parts else raw


def _seen(text: str, steps: Steps) -> str:
    plain = text.translate(FOLDING)
    if len(plain) != len(text):
        left_out = 0
        for place, char in enumerate(text):
            if not char.isascii() and FOLDING[ord(char)] is None:
                steps.append((place - left_out, place + 1))
                left_out += 1
    return plain
