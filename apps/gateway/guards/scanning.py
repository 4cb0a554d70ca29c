"""Looking through a text: what of the kinds that are wanted stands where."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import regex

from apps.gateway.guards import links
from apps.gateway.guards.kinds import Kind
from apps.gateway.guards.links import IMAGES, LINKS
from apps.gateway.guards.plain import Plain
from apps.gateway.guards.recognisers import ALONE, ANYWHERE, NUMBERS, START, Recogniser
from apps.gateway.guards.untrusted import HIDDEN, ORDERS

ALL = (*ANYWHERE, *ORDERS, *IMAGES, *LINKS)
AHEAD = 2  # characters after a match that may still decide about it
HALF_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{0,3})?$")


@dataclass(frozen=True, order=True)
class Finding:
    """Something of a kind, at its place in a text."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True)
class Scanner:
    """Looks for some kinds; `trusted` are hosts that links may lead to."""

    wanted: frozenset[Kind]
    trusted: tuple[str, ...] = ()

    @cached_property
    def _anywhere(self) -> list[Recogniser]:
        return [each for each in ALL if each.kind in self.wanted]

    @cached_property
    def _numbers(self) -> list[Recogniser]:
        return [each for each in NUMBERS if each.kind in self.wanted]

    def find(self, raw: str) -> list[Finding]:
        """Return what a text holds, in order, none within another."""
        plain = Plain(raw)
        found = list(self._found(plain.text))
        spans = [Finding(*plain.span(each.start, each.end), each.kind) for each in found]
        if Kind.HIDDEN_TEXT in self.wanted and not raw.isascii():
            spans += (Finding(*each.span(), Kind.HIDDEN_TEXT) for each in HIDDEN.finditer(raw))
        return _apart(spans)

    def held_from(self, raw: str) -> int:
        """Return from where on a text may become something once it goes on."""
        plain = Plain(raw)
        length = len(plain.text)
        starts = (_open_at(each, plain.text, length) for each in self._growing)
        place = plain.original(min(starts, default=length)) if length else 0
        half = HALF_ESCAPE.search(raw)
        return min(place, half.start()) if half else place

    @cached_property
    def _growing(self) -> list["regex.Pattern[str]"]:
        anywhere = (_growing(each.pattern, each.flags) for each in self._anywhere)
        return [*anywhere, *(_growing(ALONE + each.pattern, each.flags) for each in self._numbers)]

    def _found(self, text: str) -> Iterator[Finding]:
        lowered = text.lower()
        for each in self._anywhere:
            if each.may_be_in(lowered):
                yield from self._all_of(each, text)
        if self._numbers:
            yield from self._numbers_in(text)

    def _all_of(self, recogniser: Recogniser, text: str) -> Iterator[Finding]:
        for match in recogniser.compiled.finditer(text):
            span = recogniser.accepted(match)
            if span is not None and self._counts(recogniser.kind, text[span[0] : span[1]]):
                yield Finding(*span, recogniser.kind)

    def _counts(self, kind: Kind, value: str) -> bool:
        is_address = kind in (Kind.IMAGE, Kind.LINK)
        return not is_address or links.is_outside(kind, value, self.trusted)

    def _numbers_in(self, text: str) -> Iterator[Finding]:
        """Yield numbers; within one that was found no other begins."""
        after = 0
        for start in START.finditer(text):
            if start.start() < after:
                continue
            for each in self._numbers:
                match = each.compiled.match(text, start.start())
                span = each.accepted(match) if match else None
                if span is not None:
                    yield Finding(*span, each.kind)
                    after = span[1]
                    break


def _apart(found: Iterable[Finding]) -> list[Finding]:
    """Return findings of which none overlaps another: the first begins, of those the more exact one."""
    kept: list[Finding] = []
    for each in sorted(found, key=lambda one: one.start):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


@lru_cache(maxsize=256)
def _growing(pattern: str, flags: int) -> "regex.Pattern[str]":
    return regex.compile(pattern, regex.IGNORECASE if flags & re.IGNORECASE else 0)


def _open_at(pattern: "regex.Pattern[str]", text: str, length: int) -> int:
    """Return where a match begins that is not over with the text."""
    # Overlapped: in a number that is whole, and turns out to be none, another may begin.
    for match in pattern.finditer(text, overlapped=True, partial=True):
        if match.partial or match.end() >= length - AHEAD:
            return int(match.start())
    return length
