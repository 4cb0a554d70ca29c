"""What is found in texts, and what is not: on a set of labelled texts, past disguises, in bounded time."""

import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from apps.gateway.guards.kinds import GROUPS, Group, Kind
from apps.gateway.guards.links import IMAGES, LINKS
from apps.gateway.guards.recognisers import ANYWHERE, NUMBERS, START, Recogniser
from apps.gateway.guards.scanning import Scanner
from apps.gateway.guards.untrusted import HIDDEN, ORDERS

VALUES = (Group.CONTACT, Group.FINANCIAL, Group.IDENTITY, Group.SECRETS)
SCANNER = Scanner(frozenset(kind for group in VALUES for kind in GROUPS[group].kinds))
LABEL = re.compile(r"\[\[(\w+)\|(.*?)(?:\|(.*?))?\]\]")
# What stubs of types do not tell of the standard library.
_parser, _constants = import_module("re._parser"), import_module("re._constants")
Spans = set[tuple[str, str]]


def labelled() -> Iterator[tuple[str, Spans]]:
    """Yield texts with what is to be found in them."""
    for line in Path(__file__).with_name("labelled.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            line = line.replace("~", "")
            wanted = {(kind, part or value) for kind, value, part in LABEL.findall(line)}
            yield LABEL.sub(lambda found: found[2], line), wanted


def found(text: str) -> Spans:
    return {(str(each.kind), text[each.start : each.end]) for each in SCANNER.find(text)}


def test_precision_and_recall_on_labelled_texts() -> None:
    counts: Counter[str] = Counter()
    wrong = []
    for text, wanted in labelled():
        seen = found(text)
        counts["right"] += len(seen & wanted)
        counts["missed"] += len(wanted - seen)
        counts["false"] += len(seen - wanted)
        wrong += [(text, seen ^ wanted)] if seen != wanted else []
    precision = counts["right"] / (counts["right"] + counts["false"])
    recall = counts["right"] / (counts["right"] + counts["missed"])
    assert precision >= 0.97, (precision, wrong)
    assert recall >= 0.97, (recall, wrong)


DISGUISES = {
    "zero width": "4111\u200b1111\u200c1111\u20601111",
    "soft hyphens": "4111\u00ad1111\u00ad1111\u00ad1111",
    "full width": "\uff14\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11",
    "other digits": "".join(chr(0x0660 + int(each)) for each in "4111111111111111"),
    "bold digits": "".join(chr(0x1D7CE + int(each)) for each in "4111111111111111"),
    "odd spaces": "4111\u20071111\u20071111\u20071111",
    "odd dashes": "4111\u20111111\u20111111\u20111111",
    "escaped": "\\u0034111\\u00201111\\u00201111\\u00201111",
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_disguised_digits_are_seen_and_covered_whole(disguise: str) -> None:
    value = DISGUISES[disguise]
    text = f"my card\\n{value} \u00e9nd"
    (card,) = SCANNER.find(text)
    assert (card.kind, text[card.start : card.end]) == (Kind.CARD, value)


def test_an_escape_before_a_number_hides_nothing() -> None:
    assert found('{"a": "x\\n4111111111111111\\tb"}') == {("card", "4111111111111111")}
    assert found('"jo\\u0040example.org"') == {("email", "jo\\u0040example.org")}


def test_of_findings_at_one_place_the_more_exact_one_counts() -> None:
    token = "ghp_" + "a1B2c3D4e5F6" * 3
    assert found(f"token={token}") == {("github_token", token)}
    assert found("postgres://me:aB3$xY9!@mail.example.com/x") == {("url_password", "aB3$xY9!")}


HARD = (
    "1 ", "a@", "key=", "eyJ-", "eyJaaaaaaaa.", "-----BEGIN PRIVATE " "KEY-----", "123456789 ", "ssn 123456789 ",
    "+1 ", "DE89 ", "<img ", "![x](", "ignore all the ", "0:", "http://a:", "a", "1", "((", "\\u0041",
    "\u200b", "\u00e4", "born on ", "01-02-03 ", "[a]: ", "\\", '"', "{{",
)  # fmt: skip


@pytest.mark.parametrize("part", HARD)
def test_texts_made_to_take_long_are_read_to_the_end(part: str) -> None:
    text = part * (20_000 // len(part)) + " 4111 1111 1111 1111"
    everything = Scanner(frozenset(Kind))
    assert any(text[each.start : each.end].endswith("1111") for each in everything.find(text))
    assert everything.held_from(text) <= len(text)


def test_every_shape_is_bounded() -> None:
    shapes = [each.compiled.pattern for each in (*ANYWHERE, *NUMBERS, *ORDERS, *IMAGES, *LINKS)]
    shapes += [each.labelled.pattern for each in (*ANYWHERE, *NUMBERS) if each.label]
    for pattern in (*shapes, START.pattern, HIDDEN.pattern):
        assert _most_steps(_parser.parse(pattern)) < 50_000, pattern


def _most_steps(parsed: Any) -> float:
    """Return how many characters a pattern can read, at most."""
    return sum(_steps_of(op, value) for op, value in parsed)


def _steps_of(op: Any, value: Any) -> float:
    if op in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
        _, most, inner = value
        return float("inf") if most == _constants.MAXREPEAT else most * _most_steps(inner)
    if op == _constants.BRANCH:
        return max(_most_steps(each) for each in value[1])
    if op == _constants.SUBPATTERN:
        return _most_steps(value[-1])
    if op in (_constants.ASSERT, _constants.ASSERT_NOT):
        return _most_steps(value[1])
    return 1


def test_bounds_are_looked_for_rightly() -> None:
    assert _most_steps(_parser.parse(r"(a+b){3}")) == float("inf")
    assert _most_steps(_parser.parse(r"(?:ab|c){2,5}")) == 10


def test_recognisers_are_of_a_group() -> None:
    every: tuple[Recogniser, ...] = (*ANYWHERE, *NUMBERS, *ORDERS, *IMAGES, *LINKS)
    kinds = {each.kind for each in every} | {Kind.HIDDEN_TEXT}
    assert kinds == set(Kind) == {kind for about in GROUPS.values() for kind in about.kinds}
