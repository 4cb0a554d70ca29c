"""Texts by template: summaries, digests of figures, and plain replies. Nothing is invented."""

import re
from collections import Counter
from typing import Any

from apps.common.types import JSON
from apps.gateway.exceptions import NotBuiltIn
from apps.gateway.rules.find import person
from apps.gateway.rules.words import Prompt, body, number, sentences, stems, words

NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}
COUNT = re.compile(
    rf"\b(\d{{1,2}}|{'|'.join(NUMBERS)})\s+(?:\w+\s+)?(?:sentence|bullet|point|line|item)s?\b", re.I
)
MAX_WORDS = re.compile(
    r"\b(?:at most|up to|under|max(?:imum)?(?: of)?)\s+(\d{1,4})\s+words\b", re.I
)
ONE_SENTENCE = re.compile(r"\b(?:one|a|single)[ -]sentence\b|\bone[ -]line\b", re.IGNORECASE)
BULLETS = re.compile(r"\b(bullet|bulleted|list|points)\b", re.IGNORECASE)
REPLY = re.compile(
    r"\b(reply|respond|response|answer)\b.{0,80}\b(customer|ticket|message|e-?mail|request|sender|them|person)\b"
    r"|\b(draft|write|compose)\b.{0,60}\b(reply|response|answer|e-?mail)\b",
    re.IGNORECASE | re.DOTALL,
)
REPORT = re.compile(r"\b(?:[a-z]+\s){0,2}(?:report|digest|briefing|overview)\b", re.IGNORECASE)
HEADLINE = re.compile(r"\b(title|headline|subject line)\b", re.IGNORECASE)
TRANSLATE = re.compile(r"\btranslat(e|ion)\b", re.IGNORECASE)
ARTICLES = re.compile(r"^(?:(?:a|an|the|our|this|short|brief|write|in)\s+)+", re.IGNORECASE)
SHOWN = 5


def compose(prompt: Prompt) -> str:
    """Return a text for the prompt. Raises NotBuiltIn for what rules cannot do."""
    asked = prompt.instruction
    if TRANSLATE.search(asked):
        raise NotBuiltIn("The built-in provider cannot translate.")
    if not prompt.text:
        return "There is no text to work on."
    if REPLY.search(asked):
        return reply(prompt)
    report = REPORT.search(asked)
    if report or isinstance(prompt.data, list | dict):
        title = ARTICLES.sub("", report[0]).strip() if report else ""
        return digest(prompt, title)
    if HEADLINE.search(asked) and not re.search(r"\bsummar", asked, re.IGNORECASE):
        return headline(prompt.text)
    return summary(prompt.text, asked)


def summary(text: str, instruction: str = "") -> str:
    """Return the sentences that say most of a text, in their order."""
    count = wanted_count(instruction)
    chosen = key_sentences(text, count)
    if limit := MAX_WORDS.search(instruction):
        chosen = _within(chosen, int(limit[1]))
    if BULLETS.search(instruction):
        return "\n".join(f"- {sentence}" for sentence in chosen)
    return " ".join(chosen)


def wanted_count(instruction: str) -> int:
    """Return how many sentences are asked for; three if nothing is said."""
    if found := COUNT.search(instruction):
        text = found[1].lower()
        return max(1, min(int(text) if text.isdigit() else NUMBERS[text], 20))
    return 1 if ONE_SENTENCE.search(instruction) else 3


def key_sentences(text: str, count: int) -> list[str]:
    """Return the sentences whose words matter most to the whole, early ones preferred."""
    text = body(text)
    every = list(dict.fromkeys(sentences(text)))
    whole = [each for each in every if len(words(each)) >= 4] or every
    weights = stems(text)
    scores: list[tuple[float, int]] = []
    for place, sentence in enumerate(whole):
        own = stems(sentence)
        meaning = sum(weights[each] for each in own) / (len(own) + 3) if own else 0.0
        scores.append((meaning * (1.5 if place == 0 else 1 + 0.2 / (place + 1)), -place))
    best = sorted(scores, reverse=True)[:count]
    return [_cut(whole[-place]) for place in sorted((place for _, place in best), reverse=True)]


def headline(text: str) -> str:
    """Return the beginning of the most telling sentence, without its full stop."""
    best = key_sentences(text, 1)
    return " ".join(best[0].split()[:12]).rstrip(".!?,;:") if best else ""


def reply(prompt: Prompt) -> str:
    """Return a letter that repeats what was said and promises nothing."""
    text = _message_of(prompt)
    name = (person(prompt.text) or "").split(" ")[0]
    about = key_sentences(text, 1)
    lines = [f"Hello {name}," if name else "Hello,", "", "thank you for your message."]
    if about:
        lines[-1] += f" You wrote: “{about[0]}”"
    lines += ["We are looking into it and will write to you again as soon as we know more."]
    return "\n".join([*lines, "", "Kind regards"])


def _message_of(prompt: Prompt) -> str:
    """Return the longest text of a table, or the text without its head of fields."""
    if isinstance(prompt.data, dict):
        texts = [value for value in prompt.data.values() if isinstance(value, str)]
        return max(texts, key=len, default=prompt.text)
    return body(prompt.text)


def digest(prompt: Prompt, title: str = "") -> str:
    """Return what figures say, line by line, or the main sentences where there are none."""
    lines = figures(prompt.data)
    if not lines:
        lines = key_sentences(prompt.text, wanted_count(prompt.instruction))
    head = [title[:1].upper() + title[1:], ""] if title else []
    return "\n".join([*head, *(f"- {line}" for line in lines)])


def figures(data: JSON, name: str = "") -> list[str]:
    """Describe a table or an object: counts, sums, and the most frequent values."""
    if isinstance(data, list):
        rows = [row for row in data if isinstance(row, dict)]
        if not rows:
            listed = ", ".join(_cut(str(each)) for each in data[:SHOWN])
            return [f"{_label(name) or 'Entries'}: {len(data)} ({listed})"] if data else []
        return [f"{_label(name) or 'Entries'}: {len(data)}", *_columns(rows)]
    if not isinstance(data, dict):
        return []
    lines: list[str] = []
    for key, value in list(data.items())[:40]:
        if isinstance(value, list | dict):
            lines += figures(value, key)
        elif value not in (None, ""):
            lines.append(f"{_label(key)}: {_cut(str(value))}")
    return lines


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    columns = list(dict.fromkeys(key for row in rows for key in row))[:20]
    described = [_column(key, [row.get(key) for row in rows]) for key in columns]
    return [line for line in described if line]


def _column(name: str, values: list[Any]) -> str:
    given = [value for value in values if value not in (None, "")]
    numbers = [found for value in given if (found := number(value)) is not None]
    if re.search(r"(^|_)(id|no|nr|number|zip|phone)$", name.lower()) or not given:
        return ""
    if len(numbers) == len(given):
        total, top = sum(numbers), max(numbers)
        mean = total / len(numbers)
        return f"{_label(name)}: total {total:,.10g}, average {mean:,.4g}, highest {top:,.10g}"
    counted = Counter(str(value) for value in given if isinstance(value, str | int | bool))
    if not counted or len(counted) == len(given) > 1:
        return ""
    listed = ", ".join(f"{_cut(value, 40)} {count}" for value, count in counted.most_common(SHOWN))
    return f"{_label(name)}: {listed}"


def _label(name: str) -> str:
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|[_-]+", " ", str(name)).strip()
    return text[:1].upper() + text[1:].lower()


def _within(chosen: list[str], limit: int) -> list[str]:
    kept: list[str] = []
    for sentence in chosen:
        room = limit - sum(len(each.split()) for each in kept)
        if room <= 0:
            break
        kept.append(" ".join(sentence.split()[:room]))
    return kept


def _cut(text: str, limit: int = 400) -> str:
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + " …"
