"""Which process of a test run gets which tests.

Tests of one group (`pytest.mark.xdist_group`) go to one process: they share what is started for
them, or would disturb each other. pytest-xdist 3.8 tells groups by the ids of tests, which pytest
9.2 does not let it change any more: without a word, nothing is grouped. So groups are read from
the files here.
"""

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

GROUP = re.compile(r'xdist_group\("([\w-]+)"\)')
# Tests of no group that take a minute or more: begun first, nobody waits for them in the end.
LONG = (
    "tests/gateway/chaos/test_replay.py",
    "tests/retention/test_carrying.py",
    "tests/simulation/",
    "tests/api/test_contract.py",
)


class Scheduling(LoadScopeScheduling):
    """Gives each group to one process as a whole, all other tests one by one."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0]) or nodeid


@cache
def group_of(path: str) -> str:
    """Return the group that a file's tests are of; empty when they are of none."""
    found = GROUP.search((Path(__file__).parent.parent / path).read_text())
    return found[1] if found else ""


def rank(nodeid: str) -> int:
    """Return a number by which tests that take long come first."""
    places = (place for place, prefix in enumerate(LONG) if nodeid.startswith(prefix))
    return next(places, len(LONG))
