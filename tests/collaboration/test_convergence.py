"""Real clients of y-websocket in Node, over bad connections, on servers that are killed (F28).

The long form is `python -m tests.collaboration.crowd 1000000`.
"""

import json
from collections.abc import Iterator

import pytest

from tests.collaboration.crowd import Servers, Size, edit_together, servers
from tests.faults.api import Caller
from tests.faults.crowd import Target

pytestmark = pytest.mark.xdist_group("services-gone")
SIZE = Size(documents=4, clients=6, operations=6_000)


@pytest.fixture
def both() -> Iterator[Servers]:
    with servers() as started:
        yield started


def test_all_converge_and_nothing_acknowledged_is_lost(both: Servers) -> None:
    outcome = edit_together(both, SIZE)
    told = outcome.told
    assert told["converged"] == SIZE.documents, told
    assert told["acknowledged"] >= SIZE.documents * SIZE.clients, told
    assert told["lost"] == 0, told
    assert outcome.kills >= 2, told
    assert outcome.flushes >= 2, told
    assert told["closed"] == {}, told  # nobody was sent away for good
    assert "Traceback" not in outcome.output, outcome.output
    key = both.product.command(
        "create_api_key", "--tenant", "demo", "--role", "owner", "--name", "x"
    )
    target = Target()
    caller = Caller(both.product, key.split()[-1], target)
    for document, steps in told["contents"].items():
        definition = caller.call("GET", f"workflows/{document}/").json["definition"]
        assert [node["id"] for node in definition["nodes"]] == steps, json.dumps(definition)
    target.close()
