"""Runs that withhold values: an archive holds placeholders alone, and opens nothing elsewhere."""

from typing import Any
from uuid import uuid4

from django.utils import timezone

from apps.portability.taking.work import take_run
from apps.runs.models import Run


def test_a_run_that_comes_in_withholds_nothing_of_others() -> None:
    nobody: Any = None
    foreign, over = uuid4(), timezone.now()
    row = Run(status=Run.Status.SUCCEEDED, finished_at=over, veil_id=foreign)
    assert take_run(nobody, row)
    assert (row.veil_id, row.erased_at) == (row.pk, over)
    plain = Run(status=Run.Status.SUCCEEDED, finished_at=over)
    assert take_run(nobody, plain)
    assert (plain.veil_id, plain.erased_at) == (None, None)
