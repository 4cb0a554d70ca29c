"""Words, sentences and tables out of whatever text a step hands over."""

import csv
import html
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from apps.common.types import JSON, JSONDict

MAX_TEXT = 200_000
WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?|\d+(?:[.,]\d+)*")
UNSEEN = re.compile(r"<(/?)(script|style|head|nav|footer|svg)\b[^<>]{0,2000}>?", re.IGNORECASE)
BLOCK = re.compile(
    r"</?(?:p|div|li|ul|ol|h[1-6]|tr|br|section|article|main|table)\b[^<>]{0,2000}>", re.I
)
TAG = re.compile(r"<[^<>]{1,2000}>")
SENTENCE_END = re.compile(
    r"(?<=[.!?…])[\"'”\u2019)]*\s+(?=[\"'“\u2018(]?[A-Z0-9ÄÖÜÀ-Ý])|\n\s*\n|\n(?=\s*[-*•\d])"
)
ASKS = re.compile(
    r"\b(summari[sz]e|summary|write|draft|compose|reply|respond|answer|list|explain|score|rate|"
    r"report|describe|create|give|tell|make|find|extract|classify|translate|turn|prepare)\b",
    re.IGNORECASE,
)
STOP = frozenset(
    [
        "a",
        "about",
        "after",
        "all",
        "also",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "me",
        "more",
        "most",
        "my",
        "no",
        "not",
        "of",
        "on",
        "or",
        "our",
        "out",
        "over",
        "she",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "too",
        "up",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "which",
        "who",
        "will",
        "with",
        "would",
        "you",
        "your",
    ]
)
ENDINGS = ("ations", "ation", "ings", "ing", "ments", "ment", "ies", "ed", "es", "s", "ly")
FIELD = re.compile(r"^[A-Z][\w -]{0,20}: ?\S.{0,120}$")
MAX_INSTRUCTION = 400


@dataclass(frozen=True)
class Prompt:
    """A request taken apart: what is asked, of which text, and the table in it, if there is one."""

    instruction: str
    text: str
    data: JSON = None


def take_apart(messages: list[JSONDict]) -> Prompt:
    """Tell instruction and material apart in the messages of a request."""
    system = "\n".join(_content(each) for each in messages if each.get("role") == "system")
    asked = [_content(each) for each in messages if each.get("role") == "user"]
    last = asked[-1][:MAX_TEXT] if asked else ""
    head, rest = _split(last)
    instruction = f"{system}\n{head}".strip()
    return Prompt(instruction, plain(rest), table_in(rest))


def _content(message: JSONDict) -> str:
    content = message.get("content")
    if isinstance(content, list):
        texts = [each.get("text") for each in content if isinstance(each, dict)]
        return "\n".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def _split(text: str) -> tuple[str, str]:
    """Split at the first blank line or colon behind a sentence that asks for something."""
    places = [text.find(mark) for mark in ("\n\n", ":\n", ": ")]
    for place in sorted(place for place in places if 0 < place <= MAX_INSTRUCTION):
        head, rest = text[: place + 1], text[place + 1 :].strip()
        if rest and ASKS.search(head):
            return head, rest
    return ("", text) if len(text) > MAX_INSTRUCTION or not ASKS.search(text) else (text, text)


def plain(text: str) -> str:
    """Return text without markup."""
    text = text[:MAX_TEXT]
    if TAG.search(text) and "</" in text:
        text = html.unescape(TAG.sub(" ", BLOCK.sub("\n\n", _seen(text))))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _seen(markup: str) -> str:
    """Drop what a browser does not show as text; one pass, however the markup is broken."""
    kept, start, inside = [], 0, ""
    for tag in UNSEEN.finditer(markup):
        name = tag[2].lower()
        if not inside and not tag[1]:
            kept.append(markup[start : tag.start()])
            inside = name
        elif inside == name and tag[1]:
            inside, start = "", tag.end()
    return " ".join([*kept, "" if inside else markup[start:]])


def words(text: str) -> list[str]:
    """Return the words in small letters, in order."""
    return [word.lower() for word in WORD.findall(text[:MAX_TEXT])]


def stem(word: str) -> str:
    """Return a word without its most common endings, so that forms of it meet."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word.rstrip("ey") if len(word) > 4 else word


def stems(text: str) -> Counter[str]:
    """Count the stems of the words that mean something."""
    return Counter(stem(word) for word in words(text) if word not in STOP and len(word) > 1)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, in order."""
    found = [" ".join(part.split()) for part in SENTENCE_END.split(text)]
    return [part.lstrip("-*• ") for part in found if part and part.strip("-*• ")]


def body(text: str) -> str:
    """Return a text without the lines that only name a field, such as `From: Ana`."""
    kept = [line for line in text.splitlines() if not FIELD.match(line)]
    return "\n".join(kept) if any(line.strip() for line in kept) else text


def frequent(text: str, count: int) -> list[str]:
    """Return the words that come most often, each in the form that it first has."""
    forms: dict[str, str] = {}
    for word in words(text):
        forms.setdefault(stem(word), word)
    return [forms[each] for each, _ in stems(text).most_common(count)]


def table_in(text: str) -> JSON:
    """Return the JSON or CSV that a text holds; None if it holds none."""
    for start in [place for place in (text.find("["), text.find("{")) if place >= 0]:
        try:
            value, _ = json.JSONDecoder().raw_decode(text[start:])
        except (ValueError, RecursionError):
            continue
        if value:
            return value
    return _csv(text)


def _csv(text: str) -> list[dict[str, Any]] | None:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if len(lines) < 3 or lines[0].count(",") < 1:
        return None
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error:
        return None
    width = len(rows[0])
    if any(len(row) != width for row in rows) or not all(cell.strip() for cell in rows[0]):
        return None
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def number(value: Any) -> float | None:
    """Return a value as a number if it is one, also written as text."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip().lstrip("$€£").replace(",", "")
    return float(text) if re.fullmatch(r"-?\d{1,15}(\.\d{1,10})?", text) else None
