"""A policy applied to texts: what is found is counted, left, exchanged, or ends the call."""

import json
from dataclasses import dataclass, replace
from functools import cached_property

from apps.gateway.guards.kinds import GROUPS, Action, Group, Kind, Place
from apps.gateway.guards.policy import Guards
from apps.gateway.guards.scanning import Finding, Scanner
from apps.gateway.guards.standing_in import NUMBER, Placeholders, Quotes, mask_of
from apps.gateway.guards.tally import Tally

# Looked for where somebody else may have written, not in what the caller orders.
OF_OTHERS = frozenset(GROUPS[Group.HIDDEN].kinds + GROUPS[Group.OVERRIDE].kinds)


@dataclass(frozen=True)
class Redactor:
    """Applies the rules of one place of a call."""

    guards: Guards
    place: Place
    placeholders: Placeholders
    tally: Tally

    @cached_property
    def wanted(self) -> frozenset[Kind]:
        """What is looked for."""
        return self.guards.wanted(self.place)

    @cached_property
    def scanner(self) -> Scanner:
        """Looks for everything that is wanted."""
        return Scanner(self.wanted, self.guards.trusted_hosts)

    @cached_property
    def _own_scanner(self) -> Scanner:
        return Scanner(self.wanted - OF_OTHERS, self.guards.trusted_hosts)

    def text(self, raw: str, *, is_json: bool = False, is_own: bool = False) -> str:
        """Return a text as it may go on; `is_own`: nobody else wrote it. Findings are counted."""
        scanner = self._own_scanner if is_own else self.scanner
        found = scanner.find(raw) if scanner.wanted else []
        quotes = Quotes() if is_json else None
        if quotes is not None and found:
            quotes.read(raw)
        return self.exchanged(raw, found, quotes)

    def check(self) -> None:
        """Raise GuardRefused where something was found that ends the call."""
        self.tally.check(self.place)

    def uncounted(self) -> "Redactor":
        """Return the same rules for what is told once more: it was counted the first time."""
        return replace(self, tally=self.tally.apart())

    def number(self, value: float) -> float:
        """Return a number as it may go on."""
        text = json.dumps(value)
        return value if self.text(text, is_own=True) == text else 0

    def exchanged(self, raw: str, found: list[Finding], quotes: Quotes | None) -> str:
        """Return a text with what stands in for what was found; `quotes` of JSON know its strings."""
        parts, at = [], 0
        for each in found:
            action = self.guards.action(each.kind, self.place)
            self.tally.note(self.place, each.kind, action)
            if action in (Action.MASK, Action.REPLACE):
                parts += [raw[at : each.start], self._instead(raw, each, action, quotes)]
                at = each.end
        done = "".join([*parts, raw[at:]])
        if self.place == Place.INPUT:
            return done
        return self.placeholders.restored(done, is_json=quotes is not None)

    def _instead(self, raw: str, found: Finding, action: Action, quotes: Quotes | None) -> str:
        if quotes is not None and not quotes.holds(found.start):
            return NUMBER
        if action == Action.MASK:
            return mask_of(found.kind)
        value = raw[found.start : found.end]
        return self.placeholders.name(found.kind, _read(value) if quotes else value)


def _read(value: str) -> str:
    """Return what a part of a string in JSON says."""
    try:
        return str(json.loads(f'"{value}"'))
    except ValueError:
        return value
