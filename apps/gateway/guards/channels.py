"""One text of an answer while it comes: passed on as soon as nothing in it can become a finding."""

import regex

from apps.gateway.guards.redacting import Redactor
from apps.gateway.guards.scanning import Finding
from apps.gateway.guards.standing_in import PLACEHOLDER, Quotes

REMEMBERED = 64  # characters that were passed on, for labels that stand before a value
MOST_HELD = 16_384  # longer than anything that is looked for
SMALL = 512  # held characters that are looked through again at each part

_placeholder = regex.compile(PLACEHOLDER)


class Channel:
    """A text that comes in parts."""

    def __init__(self, redactor: Redactor, *, is_json: bool) -> None:
        """Begin an empty one."""
        self._redactor = redactor
        self._quotes = Quotes() if is_json else None
        self._told = ""  # the end of what was passed on, as it came
        self._held = ""
        self._look_at = 0

    def feed(self, text: str) -> str:
        """Take in the next part; return what may go on."""
        self._held += text
        if len(self._held) < self._look_at:
            return ""
        return self._passed(self._open_at())

    def end(self) -> str:
        """Return the rest: nothing follows."""
        return self._passed(len(self._held))

    def _open_at(self) -> int:
        """Return from where on what is held may become something, were there more of it."""
        if len(self._held) > MOST_HELD:
            return len(self._held)
        known = self._told + self._held
        place = self._redactor.scanner.held_from(known)
        if self._redactor.placeholders:
            partial = (
                each.start() for each in _placeholder.finditer(known, partial=True) if each.partial
            )
            place = min(place, *partial, len(known))
        return max(0, place - len(self._told))

    def _passed(self, until: int) -> str:
        before = len(self._told)
        known = self._told + self._held
        found = [
            Finding(max(0, each.start - before), each.end - before, each.kind)
            for each in self._redactor.scanner.find(known)
            if each.end > before
        ]
        # What is cut in two by the end is not over.
        until = min([until, *(each.start for each in found if each.start < until < each.end)])
        part = self._held[:until]
        self._held = self._held[until:]
        self._look_at = 2 * len(self._held) if len(self._held) > SMALL else 0
        self._told = (self._told + part)[-REMEMBERED:]
        if self._quotes is not None:
            self._quotes.read(part)
        return self._redactor.exchanged(
            part, [each for each in found if each.end <= until], self._quotes
        )
