"""How promising a text sounds, by the words that speak for it and against it."""

import re

from apps.gateway.rules.classify import KIN
from apps.gateway.rules.find import MONEY
from apps.gateway.rules.words import number, stem, words

FOR = frozenset(stem(word) for word in KIN["hot"].split())
AGAINST = frozenset(stem(word) for word in KIN["cold"].split()) - FOR - {"no"}
PRIVATE_MAIL = re.compile(r"@(gmail|yahoo|hotmail|outlook|gmx|icloud)\.", re.IGNORECASE)
LARGE = 10_000
MIDDLE, FOR_EACH, AGAINST_EACH, FOR_MONEY, FOR_PRIVATE = 40, 10, 15, 15, -10


def score(text: str) -> float:
    """Return a share from 0 to 1."""
    speaking, against = signals(text)
    points = MIDDLE + FOR_EACH * len(speaking) - AGAINST_EACH * len(against)
    amounts = [number(found[1] or found[2]) or 0 for found in MONEY.finditer(text)]
    points += FOR_MONEY * (max(amounts, default=0) >= LARGE)
    points += FOR_PRIVATE * bool(PRIVATE_MAIL.search(text))
    return min(max(points, 0), 100) / 100


def reason(text: str) -> str:
    """Say in words what the score comes from."""
    speaking, against = signals(text)
    parts = [f"Speaks for it: {', '.join(speaking[:6])}." if speaking else "",
             f"Speaks against it: {', '.join(against[:6])}." if against else ""]  # fmt: skip
    return " ".join(part for part in parts if part) or "The text holds no clear sign."


def signals(text: str) -> tuple[list[str], list[str]]:
    """Return the words that speak for it and those against it."""
    found = {stem(word): word for word in words(text)}
    return [found[key] for key in found if key in FOR], [found[key] for key in found if key in AGAINST]  # fmt: skip
