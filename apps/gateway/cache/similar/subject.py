"""What a question is about: all of its words but those of asking.

Two questions may share an answer only where they are about the same: the words of asking may
differ, the words of the subject may not. So numbers, units, dates, ids, quotations, names and what says no
have to be the same without a list of any of them, also in small letters, and for an opposite that
nobody thought of. What is not known to be harmless counts as a difference.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from apps.gateway.cache.similar.languages import (
    ABLE,
    ENGLISH,
    HELPING,
    KIND,
    NEGATIONS,
    SAME,
    Language,
    language_of,
    spelled_out,
)

QUOTED = re.compile(r"“[^”]*”|„[^“”]*[“”]|«[^»]*»|\"[^\"]*\"|`[^`]*`|(?<!\w)'[^']*'(?!\w)")
PLACE = "\x01{}\x01"  # of a quotation, while the words around it are looked at
AROUND = "¿¡.,;:!?…()[]{}\"'“”„«»\n\t "
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
AMOUNT = re.compile(r"([-+]?\d[\d.,:/]*)([^\d\s.,:/][^\d\s]{0,9})")  # such as 5km or 20%
ELISION = re.compile(r"(?<=\w)'(?=\w)")
SHORTEST = 3  # letters of a stem
LEADING = ("what",)  # kinds that another kind makes needless: “tell me why”


@dataclass(frozen=True)
class Subject:
    """A question as it is compared: its language, what kind of question it is, and the words."""

    language: str
    kind: str
    words: tuple[str, ...]
    linked: bool = False  # whether their order tells who is who

    @cached_property
    def key(self) -> str:
        """What is the same for all that may be alike."""
        return "\x00".join((self.language, self.kind, *sorted(self.words)))

    def fits(self, other: "Subject") -> bool:
        """Tell whether it is about the same; words may change places as in “France's capital”."""
        if self.key != other.key or not self.words:
            return False
        if self.words == other.words:
            return True
        return not (self.linked or other.linked) and _turned(self.words, other.words)


def subject_of(text: str) -> Subject:
    """Return what a question is about."""
    plain, quotes = _without_quotes(spelled_out(text.translate(_OURS)))
    language = language_of(frozenset(ELISION.sub(" ", plain.casefold()).translate(_BARE).split()))
    for pattern, mark in language.frames if language else ():
        plain = pattern.sub(mark, plain)
    tokens = plain.split()
    kind = _kind([each.strip(AROUND + KIND) for each in tokens if _is_kind(each)])
    words = [
        word for each in tokens if not _is_kind(each) for word in _words(each, language, quotes)
    ]
    needless = ABLE if kind == "how" else frozenset()
    kept = [word for word, is_free in words if not is_free and word not in needless]
    if language is ENGLISH:
        kept.sort(key=lambda each: (each not in HELPING, each if each in HELPING else ""))
    code = language.code if language else ""
    return Subject(code, kind, tuple(kept), _linked(words, language))


def _without_quotes(text: str) -> tuple[str, list[str]]:
    """Return a text with places for its quotations, and them."""
    quotes: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        quotes.append(found[0][1:-1])
        return f" {PLACE.format(len(quotes) - 1)} "

    return QUOTED.sub(put_aside, text), quotes


def _is_kind(token: str) -> bool:
    return token.strip(AROUND).startswith(KIND)


_BARE = {ord(each): " " for each in AROUND}
_OURS = {ord(each): " " for each in (PLACE[0], KIND)}


def _kind(kinds: list[str]) -> str:
    told = [each for each in dict.fromkeys(kinds) if each not in LEADING]
    return " ".join(sorted(told)) or (LEADING[0] if kinds else "")


def _words(token: str, language: Language | None, quotes: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield the words of a token, and of each whether it is one of asking."""
    if token.startswith(PLACE[0]):
        yield f"“{quotes[int(token.strip(PLACE[0] + AROUND))]}”", False
        return
    bare = token.strip(AROUND)
    parts = ELISION.split(bare)
    if (
        language is ENGLISH
        and len(parts) > 1
        and parts[-1].casefold() in ("s", "re", "m", "ve", "d")
    ):
        parts = parts[:-1]
    elif language is ENGLISH and len(parts) > 1 and parts[-1].casefold() == "ll":
        parts[-1] = "will"
    if not all(WORD.fullmatch(each) for each in parts):
        yield from ((each, False) for each in _odd(bare))
        return
    for part in parts:
        small = part.casefold()
        is_free = language is not None and small in language.free
        yield (small if is_free else _compared(part, language)), is_free


def _odd(token: str) -> Iterator[str]:
    """Yield what is no word as it is written: an id, an address, a number and its unit."""
    amount = AMOUNT.fullmatch(token)
    if amount and not WORD.fullmatch(token):
        yield amount[1]
        yield _stem(amount[2].casefold()) if len(amount[2]) > SHORTEST else amount[2]
    elif token:
        yield token


def _compared(word: str, language: Language | None) -> str:
    """Return a word as it is compared: MB is not Mb, but France is france."""
    if len(word) > 1 and word[1:] != word[1:].lower():
        return word
    small = word.casefold()
    return _stem(small) if language is not None and language.inflected else small


def _stem(word: str) -> str:
    """Return the stem of an English word, the same for words of one meaning."""
    stem = _bare_stem(word)
    return _SAME.get(stem, stem)


def _bare_stem(word: str) -> str:
    for ending, instead in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        stem = word.removesuffix(ending) + instead
        if word.endswith(ending) and not word.endswith("ss") and len(stem) >= SHORTEST:
            return _plain(stem)
    return _plain(word)


def _plain(stem: str) -> str:
    """Return a stem without what its endings add: reset for resett(ing), chang for change."""
    if len(stem) > SHORTEST and stem[-1] == stem[-2] and stem[-1] not in "aeiouls":
        return stem[:-1]
    return stem[:-1] if len(stem) > SHORTEST and stem.endswith("e") else stem


_SAME = {_bare_stem(word): _bare_stem(group.split()[0]) for group in SAME for word in group.split()}


def _linked(words: list[tuple[str, bool]], language: Language | None) -> bool:
    """Tell whether a word such as “to” stands between two words of the subject."""
    if language is None:
        return True
    seen = False
    for place, (word, is_free) in enumerate(words):
        follows = any(not free for _, free in words[place + 1 :])
        if is_free and seen and follows and word in language.linking:
            return True
        seen = seen or not is_free
    return False


def _turned(words: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether the end of one stands at the beginning of the other."""
    return any(words[cut:] + words[:cut] == other for cut in range(1, len(words)))


def facts_of(text: str) -> tuple[frozenset[str], int]:
    """Return what of an answer is compared to the letter: figures, ids, quotations, and each “not”."""
    plain = spelled_out(text)
    quoted = {found[0] for found in QUOTED.finditer(plain)}
    tokens = [token.strip(AROUND) for token in plain.split()]
    odd = {each for each in tokens if each and not WORD.fullmatch(ELISION.sub("", each))}
    denied = sum(each.casefold() in NEGATIONS for each in tokens)
    return frozenset(quoted | odd), denied
