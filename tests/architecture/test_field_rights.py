"""docs/field-rights.md: fields that are never shown, and those that need a right beyond their object's."""

import ast
import re
from collections.abc import Iterator

from apps.accounts.roles import PERMISSIONS
from tests.architecture.tree import ROOT, below, name, parsed

PAGE = (ROOT / "docs" / "field-rights.md").read_text()
NEVER, _, NARROWER = PAGE.partition("## Needs more than its object")
FIELD = re.compile(r"`(apps/[\w/]+\.py:\w+\.\w+)`")
RIGHT = re.compile(r"`([a-z_]+\.[a-z_]+)`")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def is_sent_in_alone(line: ast.stmt) -> bool:
    """Tell whether a line of a serializer makes a field that answers never hold."""
    if not isinstance(line, ast.Assign) or not isinstance(line.value, ast.Call):
        return False
    return any(
        each.arg == "write_only" and ast.unparse(each.value) == "True"
        for each in line.value.keywords
    )


def fields_sent_in_alone() -> Iterator[str]:
    for path in below("apps/"):
        holders = [each for each in ast.walk(parsed(path)) if isinstance(each, ast.ClassDef)]
        for holder in holders:
            for line in holder.body:
                if isinstance(line, ast.Assign) and is_sent_in_alone(line):
                    yield f"{name(path)}:{holder.name}.{ast.unparse(line.targets[0])}"


def test_each_field_that_is_never_shown_is_on_the_page() -> None:
    found = sorted(fields_sent_in_alone())
    assert len(found) > 5
    assert sorted(FIELD.findall(NEVER)) == found


def test_rights_and_tests_of_the_page_are_there() -> None:
    rows = [row for row in NARROWER.splitlines() if row.startswith("| ")][1:]
    assert len(rows) > 5
    for row in rows:
        rights, tests = RIGHT.findall(row.split(" | ")[1]), TEST.findall(row)
        assert rights, row
        assert tests, row
        assert PERMISSIONS.issuperset(rights), row
        for path, test in tests:
            assert re.search(rf"def {test}\b", (ROOT / path).read_text()), row
