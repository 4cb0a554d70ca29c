"""What is taken from a key opens nothing any more, in the real product; two hundred times by `make bench name=revoking`."""

from bench.revoking import Site, measure, ways_of_keys
from tests.e2e.conftest import Demo

TRIALS = 8


def test_a_key_that_is_revoked_or_bound_elsewhere_opens_nothing_soon(demo: Demo) -> None:
    words = ("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "revoking")
    owner = Site(demo.product.port, demo.command(*words))
    assert measure(ways_of_keys(owner), TRIALS)["late"] == 0
