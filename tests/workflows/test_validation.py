"""What a draft may lack and a published version may not."""

import pytest

from apps.common.types import JSONDict
from apps.workflows.definition import parse
from apps.workflows.validation import errors


def definition(type_: str, config: JSONDict) -> JSONDict:
    return {
        "schema": 1,
        "nodes": [
            {"id": "start", "type": "core.start", "config": {}},
            {"id": "step", "type": type_, "config": config},
        ],
        "edges": [{"source": "start", "target": "step"}],
        "settings": {},
    }


@pytest.mark.parametrize(
    ("type_", "field", "message", "filled"),
    [
        ("http.request", "url", "URL is empty.", "https://example.com/"),
        ("code.python", "source", "Source is empty.", "1 + 1"),
    ],
)
def test_a_step_without_what_it_needs_is_told_at_its_field(
    type_: str, field: str, message: str, filled: str
) -> None:
    for config in ({}, {field: ""}):
        (problem,) = errors(parse(definition(type_, config)))
        assert (problem.node, problem.field, problem.message) == ("step", field, message)
        assert problem.fix == "Fill it in, or remove the step."
    assert not errors(parse(definition(type_, {field: filled})))
