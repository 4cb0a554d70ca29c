"""What lies over the values of a run wherever they are written: in rows, events, mails and logs.

Whoever carries a run works with its true values. A veil is opened over the run, and what is written
meanwhile passes it: `column` for a value in a column of its own, `text` for words. Reading goes the
other way, by `resolved`. Where no veil is open, all of these give back what they are given.
"""

import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from apps.classification.placeholders import PLACEHOLDER, new_name
from apps.classification.register import MOST, Entry, Register, names_in
from apps.classification.shapes import shape_of, size_of
from apps.common import redaction
from apps.common.types import JSON

PAYLOAD = "payload"  # the class of what is withheld whole because nothing is to be kept,
MANY = "many"  # and because there are too many values
WHOLE = frozenset({PAYLOAD, MANY})
SEALED = "withheld"  # the key by which a column says so
TOLD = frozenset({SEALED, "size", "shape", "digest"})
Digest = Callable[[str], str]
Fetch = Callable[[UUID, Collection[str]], Iterable[Entry]]


class Veil:
    """Knows what is withheld in a run and those inside it, and what of that is not stored yet."""

    def __init__(self, fetch: Fetch, digest: Digest, *, whole: bool = False) -> None:
        """Withhold values; with `whole` all that stands in a column, whatever it is.

        `fetch` reads what is stored under some names in a family of runs, `digest` names a text
        within the run.
        """
        self.family: UUID | None = None  # under which what is withheld is stored
        self._register = Register()
        self._fetch = fetch
        self._digest = digest
        self._lock = threading.RLock()
        self._strange: set[str] = set()  # names of which nothing is stored
        self._wholes: dict[str, Entry] = {}  # until they are stored
        self._issued: set[str] = set()
        self._is_whole = whole
        self.unstored: list[Entry] = []

    @property
    def is_whole(self) -> bool:
        """Whether columns are withheld whole: by wish, or because there are too many values."""
        return self._is_whole or len(self._register) > MOST

    @property
    def keeps_nothing(self) -> bool:
        """Whether all that is written is withheld whole, by wish."""
        return self._is_whole

    @property
    def is_active(self) -> bool:
        """Whether anything is withheld."""
        known = len(self._register) or self.unstored or self.family is not None
        return self._is_whole or bool(known)

    @property
    def classes(self) -> frozenset[str]:
        """The classes of what is withheld by its value."""
        with self._lock:
            return frozenset(entry.data_class for entry in self._register)

    def exchanged(
        self, text: str, allowed: Collection[str], instead: Callable[[str, str], str]
    ) -> str:
        """Return a text in which `instead` of a class and a value stands for each that is withheld."""
        with self._lock:
            return self._register.exchanged(text, allowed, instead)

    def among(self, names: Collection[str]) -> list[Entry]:
        """Return what is known under some names."""
        with self._lock:
            return [self._register[name] for name in names if name in self._register]

    def know(self, entries: Iterable[Entry]) -> None:
        """Take in what is stored."""
        with self._lock:
            for entry in entries:
                self._register.add(entry)

    def learn(self, value: JSON, data_class: str) -> None:
        """Withhold a value from now on."""
        with self._lock:
            if len(self._register) > MOST:
                return
            for entry in self._register.new(value, data_class):
                self.unstored.append(entry)
                if len(self._register) > MOST:
                    break

    def column(self, value: JSON) -> JSON:
        """Return what a column holds in place of a value."""
        if value is None or not self.is_active or self._is_ours(value):
            return value
        return self.sealed(value) if self.is_whole else self.masked(value)

    def sealed(self, value: JSON) -> JSON:
        """Return what is told of a value that is withheld whole."""
        whole = self._put_aside(value)
        dumped = json.dumps(value, sort_keys=True, ensure_ascii=False)
        told = {"size": size_of(value), "shape": self.masked(shape_of(value))}
        return {SEALED: whole.placeholder, **told, "digest": self._digest(dumped)}

    def _put_aside(self, value: JSON) -> Entry:
        whole = Entry(PAYLOAD if self._is_whole else MANY, new_name(), value)
        with self._lock:
            self.unstored.append(whole)
            self._wholes[whole.name] = whole
            self._issued.add(whole.name)
        return whole

    def _is_ours(self, value: JSON) -> bool:
        """Tell whether a value stands for one that is withheld whole, and nobody made it up."""
        if not is_sealed(value):
            return False
        names = names_in(value)
        if not names <= self._issued:
            self._seek(names)
        return names <= self._issued | self._wholes.keys()

    def stored(self, entries: Collection[Entry]) -> None:
        """Note what was stored; what is withheld whole is read again where it is wanted."""
        with self._lock:
            gone = {each.name for each in entries}
            self.unstored = [each for each in self.unstored if each.name not in gone]
            for name in gone:
                self._wholes.pop(name, None)

    def lend(self, entries: Iterable[Entry]) -> None:
        """Know for a while what another run withholds whole."""
        with self._lock:
            self._wholes |= {each.name: each for each in entries}

    def withholds(self, text: str) -> bool:
        """Tell whether something in a text is withheld."""
        return self._is_whole or (self.is_active and self.masked(text) != text)

    def line(self, text: str) -> str:
        """Return a line of the log as it may be written; nothing of it is kept anywhere."""
        if not len(self._register):
            return text
        with self._lock:
            masked = self._register.exchange(text, self._register.present(_dumped(text)))
            return self._register.without_beginning(masked)

    def text(self, text: str) -> str:
        """Return words as they are stored; they may have been cut."""
        if self._is_whole and text and PLACEHOLDER.fullmatch(text) is None:
            return self._put_aside(text).placeholder
        return self.line(text)

    def masked(self, value: JSON, *, texts_only: bool = False) -> JSON:
        """Return a value with placeholders in it; perhaps only in its texts."""
        if not len(self._register):
            return value
        with self._lock:
            return self._masked(value, self._register.present(_dumped(value)), texts_only)

    def resolved(self, value: JSON) -> JSON:
        """Return a value as it was, as far as it is still kept."""
        if not self.is_active:
            return value
        self._seek(names_in(value))
        with self._lock:
            return self._resolved(value)

    def _masked(self, value: Any, present: list[str], texts_only: bool) -> JSON:
        if isinstance(value, dict):
            return {
                self._register.exchange(key, present): self._masked(child, present, texts_only)
                for key, child in value.items()
            }
        if isinstance(value, list):
            return [self._masked(child, present, texts_only) for child in value]
        if value is None or value == "":
            return value
        alone = None if texts_only else self._register.alone(value)
        if alone is not None:
            return alone.placeholder
        return self._register.exchange(value, present) if isinstance(value, str) else value

    def _resolved(self, value: Any) -> JSON:
        if is_sealed(value):
            opened = self._opened(value[SEALED])
            return value if opened == value[SEALED] else opened
        if isinstance(value, dict):
            return {
                str(self._register.restored(key)): self._resolved(child)
                for key, child in value.items()
            }
        if isinstance(value, list):
            return [self._resolved(child) for child in value]
        if not isinstance(value, str) or "[" not in value:
            return value
        found = PLACEHOLDER.fullmatch(value)
        if found and found["class"] in WHOLE:
            return self._opened(value)
        return self._register.restored(value)

    def _opened(self, placeholder: str) -> JSON:
        """Return what was withheld whole; the placeholder where it is not kept any more."""
        found = PLACEHOLDER.fullmatch(placeholder)
        whole = self._wholes.get(found["name"]) if found else None
        return placeholder if whole is None else whole.value

    def _seek(self, names: set[str]) -> None:
        """Read what others have withheld meanwhile, such as a run inside this one."""
        known = self._wholes.keys() | self._strange
        missing = {name for name in names if name not in self._register} - known
        if missing and self.family is not None:
            found = {each.name: each for each in self._fetch(self.family, missing)}
            self._wholes |= {n: e for n, e in found.items() if e.data_class in WHOLE}
            self.know(each for each in found.values() if each.data_class not in WHOLE)
            self._strange |= missing - found.keys()


_open: ContextVar[Veil | None] = ContextVar("veil", default=None)


@contextmanager
def lying(veil: Veil | None) -> Iterator[Veil | None]:
    """Have what is written in the block pass a veil, the lines of the log among it."""
    before = _open.set(veil)
    logged = redaction.passing.set(None if veil is None else veil.line)
    try:
        yield veil
    finally:
        redaction.passing.reset(logged)
        _open.reset(before)


def current() -> Veil | None:
    """Return the veil that lies over what is done here; mostly there is none."""
    return _open.get()


def column(value: JSON) -> Any:
    """Return what a column is to hold."""
    veil = _open.get()
    return value if veil is None else veil.column(value)


def masked(value: JSON) -> JSON:
    """Return a value with placeholders in it, never withheld whole."""
    veil = _open.get()
    return value if veil is None else veil.masked(value)


def words(text: str, most: int | None = None) -> str:
    """Return words as they are to be stored, at most so many characters."""
    veil = _open.get()
    text = text if veil is None else veil.text(text)
    return text if most is None or len(text) <= most else f"{text[: most - 1]}…"


def lines(texts: Sequence[str]) -> list[str]:
    """Return lines that a step printed as they are to be stored."""
    veil = _open.get()
    if veil is None or not texts:
        return list(texts)
    return [veil.text("\n".join(texts))] if veil.keeps_nothing else [veil.text(e) for e in texts]


def resolved(value: JSON) -> Any:
    """Return a value that was read as it was before it was written."""
    veil = _open.get()
    return value if veil is None else veil.resolved(value)


def is_sealed(value: JSON) -> bool:
    """Tell whether a column holds what stands for all of a value."""
    if not isinstance(value, dict) or value.keys() != TOLD:
        return False
    found = PLACEHOLDER.fullmatch(str(value[SEALED]))
    return found is not None and found["class"] in WHOLE


def _dumped(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
