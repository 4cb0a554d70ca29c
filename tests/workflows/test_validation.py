"""What a draft may lack and a published version may not."""

import pytest

from apps.common.types import JSONDict
from apps.workflows.definition import parse
from apps.workflows.validation import errors, validate
from tests.workflows.definitions import greeting


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


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("{{ input.who }}", None),
        ("{{ input.whom }}", "whom"),
        ('{{ input["whom"] }}', "whom"),
        ('{{ input.get("whom", "nobody") }}', None),
        ("{{ [input.x for input in [input]] }}", None),
    ],
)
def test_fields_that_the_start_form_lacks_are_found(body: str, named: str | None) -> None:
    definition = greeting()
    definition["nodes"][1]["config"] = {"fields": [{"name": "text", "value": body}]}
    found = [each for each in validate(parse(definition)) if each.code == "unknown_input"]
    assert [each.message for each in found] == (
        [f"The start form has no field “{named}”."] if named else []
    )
    assert all("who" in each.fix and each.node == "greet" for each in found)


def test_a_start_without_fields_takes_any_input() -> None:
    definition = greeting()
    definition["nodes"][0]["config"] = {}
    assert not [each for each in validate(parse(definition)) if each.code == "unknown_input"]
