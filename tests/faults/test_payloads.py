"""Workers that die while they keep a large value: the run goes on, and what they left is swept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.common.ids import uuid7
from apps.files.models import Blob, Discarded
from apps.files.services import sweep
from apps.files.storage import storage
from apps.runs.models import Run
from tests.factories.runs import Start, step, until
from tests.factories.storage import grown_old
from tests.faults.auditor import audit
from tests.faults.crowd import Crowd, crowd
from tests.faults.test_crashes import BACK_S, finishes
from tests.runs.interpreter.test_semantics import graph, transform
from tests.runs.state.test_payloads import BIG, SIZE
from tests.workflows.definitions import edge

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("crashes")]


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Crowd]:
    storage.cache_clear()  # the workers' folder is that of the settings, and so is ours
    with crowd(tmp_path, f"payloads-{uuid7()}") as found:
        yield found


def test_killed_while_a_large_value_is_kept(start: Start, workers: Crowd) -> None:
    run = start(
        graph(transform("big", BIG), transform("use", "{{ len(prev.n) }}"),
              edge("start", "big"), edge("big", "use"))
    )  # fmt: skip
    first = workers.start(die_at="between blob and bytes")
    until(lambda: first.poll() is not None)
    workers.start()
    assert finishes(run) <= BACK_S
    assert (run.status, run.outputs) == ("succeeded", {"n": SIZE})
    assert audit(Run.objects.all(), expected=1) == []

    left = list(Blob.objects.unreferenced())
    assert left
    for blob in left:
        grown_old(blob)
    assert {each.pk for each in left} == set(sweep())
    assert not Discarded.objects.exists()
    assert step(run, "big").output_blob is not None
    assert audit(Run.objects.all(), expected=1) == []
