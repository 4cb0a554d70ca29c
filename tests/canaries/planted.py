"""Secrets that nobody else has, and every form in which one may come to light again."""

import base64
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

STEM = "kanarie"  # so that a person who finds one knows what it is


@dataclass(frozen=True)
class Canary:
    """One secret: what it was planted as, and its text."""

    name: str
    text: str

    @cached_property
    def forms(self) -> dict[str, str]:
        """Return how it may look: as it is, encoded, escaped, backwards; in small letters."""
        raw = self.text.encode()
        return {form: text.lower() for form, text in _forms(self.text, raw)}

    def found_in(self, lowered: str) -> list[str]:
        """Return the forms in which it stands in a text of small letters."""
        return [form for form, text in self.forms.items() if text in lowered]


def _forms(text: str, raw: bytes) -> Iterator[tuple[str, str]]:
    yield "plain", text
    yield "reversed", text[::-1]
    yield "hex", raw.hex()
    yield "percent", "".join(f"%{byte:02x}" for byte in raw)
    yield "json", json.dumps("".join(f"\\u{byte:04x}" for byte in raw))[1:-1].replace("\\\\", "\\")
    yield "base32", base64.b32encode(raw[: len(raw) // 5 * 5]).decode()
    for shift in range(3):  # where it stands within a longer text decides on its letters
        encoded = base64.b64encode(b"\0" * shift + raw).decode()
        inner = encoded[4 if shift else 0 :].rstrip("=")[:-1]
        yield f"base64, {shift} further", inner
        yield f"base64 for addresses, {shift} further", inner.replace("+", "-").replace("/", "_")


@dataclass
class Planted:
    """All canaries of a walk, and what became known where."""

    canaries: list[Canary] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)  # place, text in small letters
    # What may be seen once, where it is made: name of the canary and the place.
    shown: set[tuple[str, str]] = field(default_factory=set)

    def new(self, name: str, before: str = "") -> str:
        """Return a new secret; `before` is what it has to begin with."""
        return self.known(name, f"{before}{STEM}{secrets.token_hex(16)}")

    def known(self, name: str, text: str) -> str:
        """Watch for a secret that the product made."""
        self.canaries.append(Canary(name, text))
        return text

    def see(self, place: str, text: str) -> None:
        """Note what could be read somewhere."""
        self.seen.append((place, text.lower()))

    def allow(self, name: str, place: str) -> None:
        """Let a secret stand where it is shown for the one time, or where it is meant to go."""
        self.shown.add((name, place))

    def found(self) -> list[str]:
        """Return where which canary came to light, and in which form."""
        return [
            f"{canary.name} in {place}: {form}"
            for place, text in self.seen
            for canary in self.canaries
            if (canary.name, place) not in self.shown
            for form in canary.found_in(text)
        ]
