"""Learning from the ledger: verdicts of a batch of rows are merged into what is known of models.

Whoever inserts rows calls this in the same transaction, with the rows that are new: each verdict
counts once, however often its row is delivered, and no call waits for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection

from apps.common.ids import uuid7
from apps.common.types import JSONDict
from apps.gateway.routes.priors import HALF_LIFE_S

# What was counted before weighs half after each half-life.
WEIGHT = "power(0.5, extract(epoch FROM clock_timestamp() - known.learnt_at) / %(half)s)"
MERGE = """
INSERT INTO gateway_taskquality AS known
    (id, task, model, passed, failed, input_tokens, cached_tokens, learnt_at)
VALUES (%(id)s, %(task)s, %(model)s, %(passed)s, %(failed)s, %(input)s, %(cached)s, clock_timestamp())
ON CONFLICT (task, model) DO UPDATE SET
    passed = known.passed * WEIGHT + excluded.passed,
    failed = known.failed * WEIGHT + excluded.failed,
    input_tokens = known.input_tokens * WEIGHT + excluded.input_tokens,
    cached_tokens = known.cached_tokens * WEIGHT + excluded.cached_tokens,
    learnt_at = clock_timestamp()
""".replace("WEIGHT", WEIGHT)


@dataclass
class Lesson:
    """What a batch tells of one model at one class of calls."""

    passed: int = 0
    failed: int = 0
    input: int = 0
    cached: int = 0


def learn(rows: Iterable[JSONDict]) -> None:
    """Merge what rows of the ledger tell, within the transaction that inserts them."""
    lessons: dict[tuple[str, str], Lesson] = defaultdict(Lesson)
    for row in rows:
        _take(row, lessons)
    with connection.cursor() as cursor:
        for (task, model), lesson in sorted(
            lessons.items()
        ):  # in one order: nobody waits in a circle
            cursor.execute(
                MERGE,
                {"id": uuid7(), "task": task, "model": model, "half": HALF_LIFE_S, **vars(lesson)},
            )


def _take(row: JSONDict, lessons: dict[tuple[str, str], Lesson]) -> None:
    task = row.get("task_class")
    if not task or not row.get("route") or row.get("builtin"):
        return
    attempts = row.get("attempts") or []
    for model, mark in _marks(attempts):
        lesson = lessons[task, model]
        lesson.passed += mark == "passed"
        lesson.failed += mark == "failed"
    if len(attempts) == 1 and row["status"] == "ok" and row["cache"] != "hit":
        lesson = lessons[task, _name(attempts[0])]
        lesson.input += row["input_tokens"]
        lesson.cached += row["cached_tokens"]


def _marks(attempts: list[JSONDict]) -> Iterator[tuple[str, str]]:
    for each in attempts:
        mark = each.get("verdict", {}).get("mark")
        if mark in ("passed", "failed"):
            yield _name(each), mark


def _name(attempt: JSONDict) -> str:
    return f"{attempt['provider']}/{attempt['model']}"
