"""What withholding costs: nothing where nothing is marked, and little for long rows."""

import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.classification.veil import Veil
from apps.runs.models import Run
from apps.runs.services import start_run
from apps.runs.state import withholding
from apps.workflows.models import Workflow
from tests.factories.runs import carry
from tests.runs.scenes import published
from tests.runs.withholding.test_withholding import FIELDS, INPUTS, marked, transform

pytestmark = pytest.mark.django_db

ASKED = ("runs_withheld", "classification_", "vault_datakey")
MORE = 8  # statements that a run with marks may take beyond one without


def statements(workflow: Workflow, bob: User, **inputs: Any) -> list[str]:
    with CaptureQueriesContext(connection) as caught:
        carry(start_run(workflow, actor=bob, inputs=inputs))
    return [each["sql"] for each in caught]


def unmarked() -> dict[str, Any]:
    definition = marked(transform("make", said="{{ input.plain }}"))
    fields = [{name: each[name] for name in ("name", "type")} for each in FIELDS]
    definition["nodes"][0]["config"] = {"fields": fields}
    return definition


def test_a_run_without_marks_asks_for_nothing_of_it(bob: User) -> None:
    workflow = published(bob, unmarked())
    statements(workflow, bob, plain="x")  # what is derived of a version is made once
    asked = statements(workflow, bob, plain="x")
    assert not [sql for sql in asked if any(table in sql for table in ASKED)]


def test_marks_cost_a_few_statements_however_many_values_there_are(bob: User) -> None:
    plain, marks = published(bob, unmarked()), published(bob, marked(transform("make", said="x")))
    statements(plain, bob, plain="x")
    statements(marks, bob, **INPUTS)  # the workspace has its key
    without, with_ = statements(plain, bob, plain="x"), statements(marks, bob, **INPUTS)
    assert len(with_) - len(without) <= MORE


def test_the_work_follows_what_is_written_not_how_many_values_there_are() -> None:
    few, many = veil(5), veil(4_000)
    rows = [{"text": f"Row {place} says nothing of anybody. " * 50} for place in range(200)]
    assert spent(many, rows) < 40 * spent(few, rows) + 0.5


def veil(count: int) -> Veil:
    made = withholding.opened(Run())
    made.learn([f"person-{place}@example.test" for place in range(count)], "personal")
    return made


def spent(made: Veil, rows: list[dict[str, str]]) -> float:
    begun = time.process_time()
    for row in rows:
        assert made.masked(row) == row
    return time.process_time() - begun
