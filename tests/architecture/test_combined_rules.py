"""docs/combined-rules.md names every place in code at which several inputs are judged together."""

import ast
import re
from collections.abc import Iterator

from django.apps import apps
from django.db import models

from tests.architecture.tree import ROOT, below, name, parsed

PAGE = (ROOT / "docs" / "combined-rules.md").read_text()
CALL = re.compile(r"`(apps/[\w/]+\.py:\w+\.\w+)`")
CODE = re.compile(r"`([a-z_]+)`")
JUDGED_TOGETHER = {"clean": ["self"], "validate": ["self", "attrs"]}


def part(title: str) -> str:
    """Return the page's part of this title."""
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def first_cells(text: str) -> str:
    """Return the codes' column of a table."""
    return "\n".join(row.split(" | ")[0] for row in text.splitlines() if row.startswith("| `"))


def rules_in_code() -> Iterator[str]:
    """Yield the methods of forms, serializers and models that see all fields at once."""
    for path in below("apps/"):
        holders = [each for each in ast.walk(parsed(path)) if isinstance(each, ast.ClassDef)]
        for holder in holders:
            for each in holder.body:
                if isinstance(each, ast.FunctionDef) and sees_all(each):
                    yield f"{name(path)}:{holder.name}.{each.name}"


def sees_all(function: ast.FunctionDef) -> bool:
    """Tell whether it judges a whole form, serializer or pydantic model."""
    decorators = " ".join(ast.unparse(each) for each in function.decorator_list)
    taken = [each.arg for each in function.args.args]
    return "model_validator" in decorators or JUDGED_TOGETHER.get(function.name) == taken


def fields_of(condition: models.Q) -> set[str]:
    """Return the fields that a condition of a constraint looks at."""
    found: set[str] = set()
    for child in condition.children:
        if isinstance(child, models.Q):
            found |= fields_of(child)
        elif isinstance(child, tuple):
            found.add(str(child[0]).split("__")[0])
    return found


def binds(condition: models.Q) -> bool:
    """Tell whether a condition makes one column depend on another; an AND of plain ones does not."""
    is_plain = condition.connector == models.Q.AND and not condition.negated
    alone = is_plain and all(not isinstance(each, models.Q) for each in condition.children)
    return len(fields_of(condition)) > 1 and not alone


def test_each_rule_of_forms_and_models_is_on_the_page_once() -> None:
    found = list(rules_in_code())
    assert len(found) > 20
    assert sorted(CALL.findall(part("What is sent in"))) == sorted(found)


def test_each_constraint_over_several_columns_is_on_the_page() -> None:
    found = {
        constraint.name
        for model in apps.get_models()
        if model.__module__.startswith("apps.")
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
        and isinstance(constraint.condition, models.Q)
        and binds(constraint.condition)
    }
    assert set(CODE.findall(part("What rows hold together"))) == found


def test_each_problem_of_a_workflow_is_on_the_page() -> None:
    found = {
        str(call.args[0].value)
        for path in below("apps/workflows/")
        for call in ast.walk(parsed(path))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) == "Problem"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    listed = CODE.findall(first_cells(part("What a workflow is as a whole")))
    assert len(listed) == len(set(listed))
    assert set(listed) == found


def test_a_rule_that_is_new_would_be_found() -> None:
    source = "class Form:\n    def clean(self): ...\n    def clean_name(self): ...\n"
    (holder,) = ast.parse(source).body
    assert isinstance(holder, ast.ClassDef)
    assert [sees_all(each) for each in holder.body if isinstance(each, ast.FunctionDef)] == [
        True, False,
    ]  # fmt: skip
