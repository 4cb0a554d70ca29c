"""Values out of text by their form and by the words around them."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from apps.gateway.rules.words import number

EMAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b")
URL = re.compile(r"https?://[^\s<>\"')\]]{3,500}")
PHONE = re.compile(r"(?<![\w/])\+?\d[\d ()/.-]{6,18}\d(?!\w)")
# Nothing here repeats without a bound: where a long run of signs could begin anywhere, a search
# would go through it once for each of them.
MONEY = re.compile(
    r"(?:[$€£]|\b(?:USD|EUR|GBP))\s?(\d[\d,]{0,20}(?:\.\d{1,2})?)"
    r"|(\d[\d,]{0,20}(?:\.\d{1,2})?)\s?(?:[$€£]|USD|EUR|GBP|dollars?|euros?)\b"
)
NUMBER = re.compile(r"(?<![\w.,-])-?\d[\d,]{0,15}(?:\.\d{1,6})?(?![\w-])")
PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s?(?:%|percent\b)")
ORDER = re.compile(
    r"\b(?:order|ticket|invoice|case|ref(?:erence)?|account|customer|booking)\b\W{0,3}(?:no\.?|nr\.?|number|id)?"
    r"\W{0,3}(?=[A-Z0-9-]{0,23}\d)([A-Z0-9][A-Z0-9-]{2,23})\b",
    re.IGNORECASE,
)
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
DAY_MONTH = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)?\.?\s{1,5}([A-Z][a-z]{2,8})\.?,?\s{1,5}(\d{4})\b"
)
MONTH_DAY = re.compile(r"\b([A-Z][a-z]{2,8})\.?\s{1,5}(\d{1,2})(?:st|nd|rd|th)?,?\s{1,5}(\d{4})\b")
NAME = r"([A-Z][\w'\u2019-]{1,30}(?:\s{1,5}[A-Z][\w'\u2019-]{1,30}){0,2})"
PERSON = [
    re.compile(
        r"^\W{0,3}(?:from|name|customer|sender|contact|requester|lead)[\"']?\s{0,5}[:=]\s{0,5}[\"']?"
        + NAME,
        re.MULTILINE | re.IGNORECASE,
    ),
    re.compile(r"[\"'](?:name|customer|contact|from|sender)[\"']\s{0,5}:\s{0,5}[\"']" + NAME),
    re.compile(r"\b(?:my name is|this is|I am|I'm)\s{1,5}" + NAME),
    re.compile(
        r"(?:regards|thanks|thank you|sincerely|cheers|best|yours)\s{0,5},?\s{0,5}[\r\n]{1,4}\s{0,5}"
        + NAME
    ),
]
COMPANY = re.compile(
    r"\b(?:at|from|of|for|with)\s{1,5}([A-Z][\w&.'\u2019-]{0,40}(?:\s{1,5}[A-Z][\w&.'\u2019-]{0,40}){0,3})"
    r"|\b([A-Z][\w&'\u2019-]{0,40}(?:\s{1,5}[A-Z][\w&'\u2019-]{0,40}){0,3}\s{1,5}(?:Inc|Ltd|LLC|GmbH|AG|Corp|Co|SA|BV))\b"
)
YES = re.compile(r"\b(yes|true|confirmed|agreed|accepted|required|urgent)\b", re.IGNORECASE)
NO = re.compile(r"\b(no|not|false|never|none|declined|without)\b", re.IGNORECASE)

MAX_NAME = 100
AUXILIARY = frozenset({"is", "has", "was", "wants", "needs", "should"})

Finder = Callable[[str], Any]


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    if found is None:
        return None
    groups = [each for each in found.groups() if each]
    return (groups[0] if groups else found[0]).strip(" .,;")


def person(text: str) -> str | None:
    """Return the name of whoever wrote or is written about."""
    for pattern in PERSON:
        if found := _first(pattern, text):
            return found
    return None


def date(text: str) -> str | None:
    """Return the first date in ISO form."""
    if found := ISO.search(text):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := DAY_MONTH.search(text):
        return _date(int(found[3]), _month(found[2]), int(found[1]))
    if found := MONTH_DAY.search(text):
        return _date(int(found[3]), _month(found[1]), int(found[2]))
    return None


def _month(name: str) -> int:
    short = name[:3].lower()
    return MONTHS.index(short) + 1 if short in MONTHS else 0


def _date(year: int, month: int, day: int) -> str | None:
    try:
        return datetime(year, month, day).date().isoformat()  # noqa: DTZ001 - a day has no zone
    except ValueError:
        return None


def amount(text: str) -> float | None:
    """Return the first amount of money, else the first number."""
    found = _first(MONEY, text)
    return number(found) if found else first_number(text)


def first_number(text: str) -> float | None:
    """Return the first number that stands alone."""
    found = _first(NUMBER, text)
    return number(found) if found else None


# What a field's name says about the form of its value; the first that matches is asked.
BY_NAME: list[tuple[re.Pattern[str], Finder]] = [
    (re.compile(r"e_?mail(_?address)?$", re.I), lambda text: _first(EMAIL, text)),
    (re.compile(r"phone|mobile|tel$", re.I), lambda text: _first(PHONE, text)),
    (re.compile(r"url|link|website|domain", re.I), lambda text: _first(URL, text)),
    (re.compile(r"date|day$|deadline|due|when", re.I), date),
    (re.compile(r"percent|rate$|discount", re.I), lambda text: number(_first(PERCENT, text))),
    (re.compile(r"amount|price|total|cost|budget|value|(?<![a-z])sum(?![a-z])|usd|eur", re.I), amount),
    (
        re.compile(
            r"(order|ticket|invoice|case|reference|account|customer|booking)_?(id|no|nr|number)?$"
            r"|_id$",
            re.I,
        ),
        lambda text: _first(ORDER, text),
    ),
    (re.compile(r"company|organi[sz]ation|employer|vendor|supplier", re.I), lambda text: _first(COMPANY, text)),
    (re.compile(r"(name|customer|sender|person|contact|author)$", re.I), person),
]  # fmt: skip


def labelled(name: str, text: str) -> str | None:
    """Return what stands behind the field's own name, such as `Order number: 123`."""
    apart = re.split(r"[\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[:MAX_NAME]).lower())
    spoken = "[ _-]?".join(re.escape(word) for word in apart if word)
    if not spoken:
        return None
    pattern = rf"(?im)^\W{{0,4}}{spoken}\W{{0,2}}\s{{0,3}}[:=]\s{{0,3}}[\"']?(.{{1,300}}?)[\"',;]{{0,5}}\s{{0,3}}$"
    found = re.search(pattern, text)
    return found[1].strip() if found else None


def by_form(name: str, text: str) -> Any:
    """Return the value whose form the field's name asks for."""
    finder = next((each for pattern, each in BY_NAME if pattern.search(name)), None)
    return None if finder is None else finder(text)


def truth(name: str, text: str) -> bool | None:
    """Return whether a text says yes or no to something; None if it says neither."""
    said = labelled(name, text)
    if said is not None:
        return not NO.search(said)
    words = [word for word in re.split(r"[_\W]+", name[:MAX_NAME].lower()) if word not in AUXILIARY]
    for sentence in re.split(r"[.!?\n]", text):
        if words and all(word[:5] in sentence.lower() for word in words):
            return not NO.search(sentence)
    return bool(YES.search(text)) if {"urgent", "confirmed"} & set(words) else None
