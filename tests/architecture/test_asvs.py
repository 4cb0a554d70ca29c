"""The page on OWASP ASVS: one row for each requirement, tests that there are, and counts that are right."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

# Ids and levels of the standard, version 5.0.0: all of levels 1 and 2, level 3 of V7, V8 and V16.
LEVELS = dict(
    line.split() for line in Path(__file__).with_name("asvs_ids.txt").read_text().splitlines()
)
PAGE = (ROOT / "docs/asvs.md").read_text()
ROW = re.compile(r"^\| (v5[\d.-]+) \| (\d) \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE)
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
LINK = re.compile(r"\]\(([^)#]+)\)")
ANSWERS = ("test", "otherwise", "does not apply", "open")
CHAPTERS = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]


def counted(rows: list[tuple[str, ...]]) -> list[int]:
    """Return how many rows there are, and how many of each answer."""
    found = Counter(answer for *_, answer, _ in rows)
    return [len(rows), *(found[each] for each in ANSWERS)]


@cache
def functions(path: str) -> set[str]:
    """Return the functions of a file and of its classes; a function within one is no test."""
    bodies = [ast.parse((ROOT / path).read_text()).body]
    bodies += [each.body for each in bodies[0] if isinstance(each, ast.ClassDef)]
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {each.name for body in bodies for each in body if isinstance(each, kinds)}


def test_each_requirement_has_one_row_with_its_level() -> None:
    assert [(row[0], row[1]) for row in ROWS] == list(LEVELS.items())
    assert PAGE.count("| v5.0.0-") == len(ROWS), "a row has another form"


def test_no_row_is_empty() -> None:
    bad = [
        number
        for number, _, asked, answer, where in ROWS
        if answer not in ANSWERS or len(asked) < 3 or len(where.split()) < 1 + (answer != "test")
    ]
    assert not bad
    assert not [row[0] for row in ROWS if row[3] == "test" and not TEST.search(row[4])]


def test_each_test_that_is_named_is_there() -> None:
    named = set(TEST.findall(PAGE))
    assert len(named) > 100
    gone = [
        f"{path}::{test}"
        for path, test in sorted(named)
        if not (ROOT / path).is_file() or (test and test not in functions(path))
    ]
    assert not gone


def test_each_page_that_is_linked_is_there() -> None:
    assert not [link for link in LINK.findall(PAGE) if not (ROOT / "docs" / link).is_file()]


@pytest.mark.parametrize("level", ["1", "2", "3", "all"])
def test_the_totals_are_right(level: str) -> None:
    rows = [row for row in ROWS if level in (row[1], "all")]
    assert f"| {level} | {' | '.join(map(str, counted(rows)))} |" in PAGE


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda text: text.split()[0])
def test_each_chapter_says_how_it_stands(chapter: str) -> None:
    rows = ROW.findall(chapter)
    assert {row[0].split("-")[1].split(".")[0] for row in rows} == {chapter.split()[0][1:]}
    found, shown, otherwise, unfit, missing = counted(rows)
    assert (
        f"{found}: {shown} shown by a test, {otherwise} met otherwise, "
        f"{unfit} do not apply, {missing} open." in chapter
    )
