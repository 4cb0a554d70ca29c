"""What stands in the place of a value: its kind, or a placeholder that is exchanged again in the answer.

Which placeholder stands for which value is known for the length of a call and nowhere else.
"""

import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

QUOTE = re.compile(r'\\.|"', re.DOTALL)
# As a placeholder is written, which a text may break off in.
PLACEHOLDER = r"\[[A-Z][A-Z_]{1,20}_[0-9]{1,6}\]"
NUMBER = "0"  # what a number becomes that stands in JSON without quotes


def mask_of(kind: str) -> str:
    """Return what tells that something of a kind was here."""
    return f"[{kind.upper()}]"


class Placeholders:
    """The placeholders of one call; the same value always has the same one."""

    def __init__(self) -> None:
        """Begin without any."""
        self._taken: set[str] = set()
        self._names: dict[tuple[str, str], str] = {}
        self._values: dict[str, str] = {}
        self._numbers: Counter[str] = Counter()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._values)

    def avoid(self, texts: Iterable[str]) -> None:
        """Make none that stands in a prompt already."""
        for text in texts:
            self._taken.update(re.findall(PLACEHOLDER, text))

    def name(self, kind: str, value: str) -> str:
        """Return the placeholder of a value."""
        known = self._names.get((kind, value))
        if known is not None:
            return known
        while True:
            self._numbers[kind] += 1
            name = f"[{kind.upper()}_{self._numbers[kind]}]"
            if name not in self._taken:
                break
        self._names[kind, value] = name
        self._values[name] = value
        return name

    def restored(self, text: str, *, is_json: bool) -> str:
        """Return a text with the values; in JSON they are escaped as it wants them."""

        def value(found: re.Match[str]) -> str:
            known = self._values.get(found[0])
            if known is None:
                return found[0]
            return json.dumps(known)[1:-1] if is_json else known

        return re.sub(PLACEHOLDER, value, text) if self._values else text


class Quotes:
    """Which parts of JSON stand within quotes, while it goes on."""

    def __init__(self) -> None:
        """Begin outside."""
        self._inside = False
        self._places: list[int] = []

    def read(self, text: str) -> None:
        """Take in the next part; places are then counted from its beginning."""
        self._inside ^= len(self._places) % 2 == 1
        self._places = [each.start() for each in QUOTE.finditer(text) if each[0] == '"']

    def holds(self, place: int) -> bool:
        """Tell whether a place stands within quotes."""
        return self._inside ^ (bisect_left(self._places, place) % 2 == 1)
