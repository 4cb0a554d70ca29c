"""Each promise of the engine is proved by tests that there are."""

import ast
import re

import pytest

from tests.architecture.tree import ROOT, parsed

ROW = re.compile(r"^\| (D\d+) \| (.+) \| (.*)\|$", re.MULTILINE)
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
PROMISES = {
    number: proof for number, _, proof in ROW.findall((ROOT / "docs/promise.md").read_text())
}


def test_all_promises_are_listed() -> None:
    assert list(PROMISES) == [f"D{number}" for number in range(1, 18)]


@pytest.mark.parametrize("number", PROMISES)
def test_a_promise_is_proved(number: str) -> None:
    named = TEST.findall(PROMISES[number])
    assert named, f"Nothing proves {number}"
    for path, test in named:
        found = {
            each.name for each in ast.walk(parsed(ROOT / path)) if isinstance(each, ast.FunctionDef)
        }
        assert test in found, f"{number} names {path}::{test}, which is gone"
