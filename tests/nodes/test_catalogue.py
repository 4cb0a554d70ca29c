"""What the catalogue says of node types beside their forms."""

import pytest

from apps.nodes import registry
from apps.nodes.catalogue import described


@pytest.mark.parametrize(
    ("name", "keeps"),
    [
        ("data.transform", True),
        ("http.request", True),  # with a method that reads
        ("ai.generate", True),
        ("human.approval", False),
        ("flow.each", False),
        ("core.start", False),
    ],
)
def test_whose_results_may_be_used_again(name: str, keeps: bool) -> None:
    assert described(registry.find(name))["keeps_results"] is keeps
