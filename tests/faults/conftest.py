"""What the fault tests share: workers on a queue of their own, and a target that they call."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.common.ids import uuid7
from tests.faults.crowd import Crowd, Target, crowd


@pytest.fixture
def target() -> Iterator[Target]:
    """A target that holds its answers back until the test lets it."""
    made = Target()
    yield made
    made.close()


@pytest.fixture
def workers(tmp_path: Path, target: Target) -> Iterator[Crowd]:
    """Workers that may call the target; none is left behind."""
    with crowd(tmp_path, f"faults-{uuid7()}", target.origin) as found:
        yield found
