"""What is taken away opens nothing any more, in the real product; two hundred times by `make bench name=revoking`."""

from concurrent.futures import ThreadPoolExecutor

from bench.models import models
from bench.revoking import (
    Site,
    measure,
    staged,
    way_of_directory,
    ways_of_keys,
    ways_of_people,
)
from tests.e2e.conftest import running
from tests.factories.product import ROOT

TRIALS = 5  # each way once


def test_what_is_taken_away_opens_nothing_soon_and_ends_what_is_open() -> None:
    """In a thread of its own: the driver of browsers keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(late).result() == 0


def late() -> int:
    """Return how often something still opened after five seconds."""
    words = ("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "revoking")
    with models() as talks, running(ROOT, AUTERITY_EGRESS_ALLOW=talks.origin) as demo:
        owner = Site(demo.product.port, demo.command(*words))
        ways = ways_of_keys(owner) + ways_of_people(owner, demo.command, 1)
        ways.append(way_of_directory(owner.port, demo.command, 1))
        return int(measure(ways, TRIALS, staged(owner, talks.origin))["late"])
