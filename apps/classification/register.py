"""The values that are withheld in a run, and finding them in what is to be written.

A value that is long enough is looked for wherever it may stand, also encoded; a shorter one, a
number or a yes or no only where it stands alone. The work follows the length of what is written,
not the number of values: beyond a few, only places that begin like one of them are looked at.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from apps.classification.placeholders import (
    LEAST,
    PLACEHOLDER,
    cut_form,
    forms_of,
    in_form,
    new_name,
    written,
)
from apps.common.types import JSON

FEW = 48  # texts that are each looked for by themselves
MOST = 5_000  # values of a run; with more of them all of what it writes is withheld
LEAST_WORD = 2  # characters of a short value that is looked for in a prompt
BEGINNING = 6  # characters at the end of a cut text that may be the beginning of a value
_ENDS = "….\"' )]}"


@dataclass(frozen=True)
class Entry:
    """A value, the class for which it is withheld, and its name."""

    data_class: str
    name: str
    value: JSON = field(repr=False)

    @property
    def placeholder(self) -> str:
        """What stands for the whole value."""
        return written(self.data_class, self.name)

    @property
    def text(self) -> str:
        """The value as it stands in a text."""
        return self.value if isinstance(self.value, str) else json.dumps(self.value)


@dataclass
class Register:
    """Values by their names, and the texts by which they are found."""

    _named: dict[str, Entry] = field(default_factory=dict, repr=False)
    _alone: dict[tuple[str, Any], Entry] = field(default_factory=dict, repr=False)
    _texts: dict[str, str] = field(default_factory=dict, repr=False)  # placeholders
    _begun: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list), repr=False)
    _cut: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list), repr=False)

    def __len__(self) -> int:
        return len(self._named)

    def __getitem__(self, name: str) -> Entry:
        return self._named[name]

    def __contains__(self, name: str) -> bool:
        return name in self._named

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._named.values()))

    def new(self, value: JSON, data_class: str) -> Iterator[Entry]:
        """Take in the values that something consists of; yield those that were not known."""
        for leaf in leaves(value):
            key = _key(leaf)
            if key in self._alone:
                continue
            entry = Entry(data_class, new_name(), leaf)
            self.add(entry)
            yield entry
            if not isinstance(leaf, str | bool) and len(text := json.dumps(leaf)) >= LEAST:
                yield from self.new(text, data_class)

    def add(self, entry: Entry) -> None:
        """Take in a value that has its name."""
        if entry.name in self._named:
            return
        if isinstance(entry.value, str) and len(entry.value) >= LEAST:
            for text, form in forms_of(entry.value).items():
                if text not in self._texts:
                    self._texts[text] = written(entry.data_class, entry.name, form)
                    self._begun[_escaped(text)[:LEAST]].append(text)
            if len(entry.value) > BEGINNING:
                self._cut[entry.value[:BEGINNING]].append(entry)
        self._alone.setdefault(_key(entry.value), entry)
        self._named[entry.name] = entry

    def alone(self, value: JSON) -> Entry | None:
        """Return the entry of a value that stands for itself."""
        return self._alone.get(_key(value))

    @property
    def has_short(self) -> bool:
        """Whether a value is to be looked for where it stands alone."""
        return bool(self._alone)

    def present(self, dumped: str) -> list[str]:
        """Return the texts that may stand in something, of which this is the JSON."""
        if len(self._texts) <= FEW:
            return [text for text in list(self._texts) if _escaped(text) in dumped]
        begun = self._begun
        found: set[str] = set()
        for place in range(len(dumped) - LEAST + 1):
            texts = begun.get(dumped[place : place + LEAST])
            if texts:
                found.update(t for t in texts if dumped.startswith(_escaped(t), place))
        return list(found)

    def exchange(self, text: str, present: Iterable[str]) -> str:
        """Return a text with placeholders for the values in it; placeholders stay as they are."""
        present = [each for each in present if each in text]
        if not present:
            return text
        longest_first = sorted(present, key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, longest_first)))
        return "".join(
            part if is_ours else pattern.sub(lambda found: self._texts[found.group()], part)
            for part, is_ours in self._parts(text)
        )

    def exchanged(
        self, text: str, allowed: Collection[str], instead: Callable[[str, str], str]
    ) -> str:
        """Return a text with something else for the values in it, except for those of some classes.

        Here short values count, too, where they stand as words; of yes and no nothing can be told.
        """
        wanted = {
            found: entry
            for found in self.present(json.dumps(text, ensure_ascii=False))
            if (entry := self._entry_of(found)).data_class not in allowed
        }
        words = {
            entry.text: entry
            for entry in self
            if LEAST_WORD <= len(entry.text) < LEAST
            and not isinstance(entry.value, bool)
            and entry.data_class not in allowed
        }
        patterns = [re.escape(each) for each in sorted(wanted, key=len, reverse=True)]
        patterns += [rf"(?<!\w){re.escape(each)}(?!\w)" for each in words]
        if not patterns:
            return text
        known = words | wanted
        return re.sub("|".join(patterns), lambda at: instead(known[at[0]].data_class, at[0]), text)

    def _entry_of(self, text: str) -> Entry:
        """Return the value of which this is a form."""
        found = PLACEHOLDER.fullmatch(self._texts[text])
        assert found is not None
        return self._named[found["name"]]

    def without_beginning(self, text: str) -> str:
        """Return a text that somebody cut, with a placeholder for the value in which it was cut."""
        body = text.rstrip(_ENDS)
        longest = max((len(e.text) for each in self._cut.values() for e in each), default=0)
        for place in range(max(0, len(body) - longest), len(body) - BEGINNING + 1):
            for entry in self._cut.get(body[place : place + BEGINNING], ()):
                if entry.text.startswith(body[place:]):
                    cut = written(entry.data_class, entry.name, cut_form(len(body) - place))
                    return body[:place] + cut + text[len(body) :]
        return text

    def restored(self, text: str) -> JSON:
        """Return what a text was, as far as its placeholders are known."""
        whole = PLACEHOLDER.fullmatch(text)
        if whole and whole["form"] is None and whole["name"] in self._named:
            return self._named[whole["name"]].value
        return PLACEHOLDER.sub(self._restored, text)

    def _restored(self, found: re.Match[str]) -> str:
        entry = self._named.get(found["name"])
        if entry is None:
            return found.group()
        return in_form(entry.text, (found["form"] or "").lstrip("."))

    def _parts(self, text: str) -> Iterator[tuple[str, bool]]:
        """Yield what lies between placeholders of ours, and these."""
        place = 0
        for found in PLACEHOLDER.finditer(text):
            if found["name"] in self._named:
                yield text[place : found.start()], False
                yield found.group(), True
                place = found.end()
        yield text[place:], False


def names_in(value: JSON) -> set[str]:
    """Return the names of all placeholders in something."""
    found: set[str] = set()
    for leaf in leaves(value, keys=True):
        if isinstance(leaf, str) and "[" in leaf:
            found.update(each["name"] for each in PLACEHOLDER.finditer(leaf))
    return found


def leaves(value: JSON, *, keys: bool = False) -> Iterator[JSON]:
    """Yield the texts, numbers and truths that something consists of; nothing for what is empty."""
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, dict):
            stack += each.values()
            if keys:
                stack += each
        elif isinstance(each, list):
            stack += each
        elif each is not None and each != "":
            yield each


def _key(value: JSON) -> tuple[str, Any]:
    return type(value).__name__, value


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
