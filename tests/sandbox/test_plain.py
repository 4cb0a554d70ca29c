"""Expressions that are answered without the sandbox are answered as in it."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from apps.common.types import JSON
from apps.sandbox.expressions import parse_template
from apps.sandbox.feeds import Form, Job, answered
from apps.sandbox.plain import EXACT, MOST
from apps.sandbox.services import segment

LEAVES = [
    "prev.n", "prev.s", "input.a", 'input["b"]', "index", "item", "vars.x", "nodes.q.output",
    "nodes.q.output.z", "1", "2.5", "-3", "'t'", "None", "True", "''", "prev.l[0]", "prev.l[-1]",
    "prev.l", "prev", "input.nope", "prev.s[0]", "9007199254740993", "1e999", "prev.l[index]",
]  # fmt: skip
OPERATORS = ["+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">=", "and", "or", "is", "in"]
VALUES: list[Any] = [
    0, 1, -1, True, False, None, "", "a", "é", 1.5, -0.0, 1e308, EXACT, EXACT - 1, 1 << 60, [1, 2],
    ["x"], [], {}, {"k": 1}, {"z": [1, {"d": 2}]},
]  # fmt: skip
SEEDS, TEXTS = 20, 60


def form(text: str) -> Form:
    return Form({"v": text}, {text: parse_template(text)})


def value(text: str, **names: Any) -> Any:
    """Return what is answered without the sandbox, or None."""
    found = answered(Job(form(text), names), {})
    return found and found.value["v"]


def expression(chance: random.Random, depth: int) -> str:
    kind = chance.random() if depth else 0
    if kind < 0.3:
        return chance.choice(LEAVES)
    one, other = expression(chance, depth - 1), expression(chance, depth - 1)
    if kind < 0.8:
        return f"({one} {chance.choice(OPERATORS)} {other})"
    if kind < 0.9:
        return f"({chance.choice(['not ', '-'])}{one})"
    return f"({one} if {other} else {expression(chance, depth - 1)})"


def jobs(chance: random.Random) -> Iterator[Job]:
    for _ in range(TEXTS):
        one, two, three, four, five, six, seven = chance.choices(VALUES, k=7)
        names = {
            "input": {"a": one, "b": two}, "prev": {"n": three, "s": four, "l": [five, six]},
            "index": chance.choice([0, 1, 5]), "item": one, "vars": {"x": seven},
        }  # fmt: skip
        text = f"{{{{ {expression(chance, 3)} }}}}"
        if chance.random() < 0.3:
            text = f"<{text}|{{{{ {expression(chance, 1)} }}}}"
        yield Job(form(text), names, {"q": two})


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_is_plain_is_as_in_the_sandbox(seed: int) -> None:
    found = [(job, answered(job, {})) for job in jobs(random.Random(seed))]
    plain = [(job, made.value) for job, made in found if made is not None]
    assert plain
    with segment("plain") as opened:
        for job, made in plain:
            [rendered] = opened.render_all([job], {})
            # Not by `==`: 1 and True, or 0.0 and -0.0, would be the same.
            assert repr(made) == repr(rendered.value), job


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ prev.n + 1 }}", 8),
        ("{{ prev.n }} of {{ prev.list[1].m }}", "7 of x"),
        ("{{ prev.n > 5 and not prev.none }}", True),
        ("{{ 'many' if prev.n >= 7 else 'few' }}", "many"),
        ("{{ prev.list }}", [1, {"m": "x"}]),
    ],
)
def test_what_most_workflows_ask_for_is_plain(text: str, expected: JSON) -> None:
    assert value(text, prev={"n": 7, "list": [1, {"m": "x"}], "none": None}) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{ len(prev.s) }}", "{{ prev.s.upper() }}", "{{ prev.s + prev.s }}", "{{ prev.s * 9 }}",
        "{{ prev.n / 2 }}", "{{ prev.n ** 9 }}", "{{ [prev.n] }}", "{{ {'a': 1} }}",
        "{{ prev.lost }}", "{{ prev.s[0] }}", "{{ 1 < prev.n < 9 }}", "{{ prev.big + 1 }}",
        "{{ prev.n == True }}", "{{ prev == prev }}", "{{ prev.long }}", "{{ [n for n in prev.l] }}",
    ],
)  # fmt: skip
def test_what_calls_grows_or_fails_is_left_to_the_sandbox(text: str) -> None:
    prev = {"n": 7, "s": "x", "big": EXACT, "long": "x" * MOST, "l": []}
    assert value(text, prev=prev) is None


def test_many_small_values_are_as_large_as_they_are_together() -> None:
    part = "{{ prev.part }}"
    many = Form([part + " " * n for n in range(3)], {})
    texts = {text: parse_template(text) for text in many.value}
    names = {"prev": {"part": ["x"] * (MOST // 5)}}
    assert answered(Job(Form(many.value[:1], texts), names), {}) is not None
    assert answered(Job(Form(many.value, texts), names), {}) is None


def test_what_is_answered_is_a_copy() -> None:
    prev = {"list": [{"m": 1}]}
    made = value("{{ prev.list }}", prev=prev)
    made[0]["m"] = 2
    assert prev == {"list": [{"m": 1}]}


def test_what_is_nested_too_deeply_is_left_to_the_sandbox() -> None:
    deep: JSON = []
    for _ in range(5_000):
        deep = [deep]
    assert value("{{ prev }}", prev=deep) is None
