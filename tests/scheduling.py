"""Which process of a test run gets which tests, and in which order.

Tests of one group (`pytest.mark.xdist_group`) go to one process: they share what is started for
them, or would disturb each other. pytest-xdist 3.8 tells groups by the ids of tests, which pytest
9.2 does not let it change any more: without a word, nothing is grouped. So groups are read from
the files here.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadScopeScheduling

GROUP = re.compile(r'xdist_group\("([\w-]+)"\)')
# Tests of no group that take a minute or more. They and the groups are begun first, so that in the
# end no process works on one of them while the others have nothing left.
LONG = (
    "tests/isolation/test_matrix.py",
    "tests/gateway/chaos/test_replay.py",
    "tests/retention/test_carrying.py",
    "tests/simulation/test_seeds.py",
)


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Gives each group to one process as a whole, all other tests one by one."""

    def __init__(self, config: Any, log: Any = None) -> None:
        """Keep the order in which tests were collected, which `rank` gave them."""
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0]) or nodeid


@cache
def group_of(path: str) -> str:
    """Return the group that a file's tests are of; empty when they are of none."""
    found = GROUP.search((Path(__file__).parent.parent / path).read_text())
    return found[1] if found else ""


def rank(nodeid: str) -> int:
    """Return a number by which tests that take long come first, then groups, then all others."""
    path = nodeid.partition("::")[0]
    if path in LONG:
        return LONG.index(path)
    return len(LONG) if group_of(path) else len(LONG) + 1
