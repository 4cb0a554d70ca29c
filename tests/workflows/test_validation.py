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


def with_settings(type_: str, config: JSONDict, **settings: object) -> JSONDict:
    return definition(type_, config) | {"settings": settings}


@pytest.mark.parametrize(
    ("type_", "config"),
    [
        ("http.request", {"method": "POST", "url": "https://example.com/"}),
        ("http.request", {"method": "PUT", "url": "https://example.com/"}),
        ("http.request", {"method": "DELETE", "url": "https://example.com/"}),
        ("http.request", {"url": "https://example.com/", "idempotency_header": True}),
        ("human.approval", {"title": "May it go on?"}),
        ("flow.signal", {"name": "paid", "key": "7"}),
        ("flow.run", {"workflow": "0198c0de-0000-7000-8000-000000000000"}),
    ],
)
def test_results_are_not_kept_of_what_is_to_be_done_each_time(type_: str, config: JSONDict) -> None:
    assert not errors(parse(with_settings(type_, config)))
    (problem,) = errors(parse(with_settings(type_, config, cache_ttl_s=60)))
    told = (problem.code, problem.node, problem.field)
    assert told == ("not_cacheable", "step", "settings.cache_ttl_s")


@pytest.mark.parametrize(
    ("type_", "config"),
    [
        ("http.request", {"url": "https://example.com/{{ input.path }}"}),
        ("ai.generate", {"prompt": "Say hello"}),
        ("code.python", {"source": "1 + 1"}),
    ],
)
def test_results_are_kept_of_what_reads_or_computes(type_: str, config: JSONDict) -> None:
    assert not errors(parse(with_settings(type_, config, cache_ttl_s=60)))


def looping(rounds: int, **way: object) -> JSONDict:
    loop = definition("flow.loop", {"max_rounds": rounds})
    inner = [
        {"id": name, "type": "code.python", "parent": "step", "config": {"source": "1"}}
        for name in ("a", "b")
    ]
    ends = {"source": "a", "source_port": "out", "target": "b", "target_port": "in", **way}
    return loop | {"nodes": loop["nodes"] + inner, "edges": [*loop["edges"], ends]}


def test_rounds_that_no_run_would_reach_are_told() -> None:
    """Two steps and the loop itself: more than 3,333 rounds are more than 10,000 steps."""
    (problem,) = validate(parse(looping(3_334)))
    told = (problem.code, problem.severity, problem.node, problem.field)
    assert told == ("too_many_rounds", "warning", "step", "max_rounds")
    assert "at most 3,333" in problem.fix
    assert not validate(parse(looping(3_333)))


def test_nobody_knows_how_many_steps_a_round_makes_that_branches() -> None:
    assert not validate(parse(looping(5_000, when="{{ index > 7 }}")))


def test_a_step_that_is_switched_off_keeps_no_result_from_being_kept() -> None:
    asking = with_settings("human.approval", {"title": "?"}, cache_ttl_s=60)
    asking["nodes"][1]["disabled"] = True
    assert not errors(parse(asking))


@pytest.mark.parametrize(
    ("name", "value"),
    [("cache_ttl_s", 0), ("cache_ttl_s", "60"), ("max_concurrent_runs", 1.5), ("timeout_s", -1)],
)
def test_a_setting_that_means_nothing_is_told(name: str, value: object) -> None:
    (problem,) = errors(parse(with_settings("code.python", {"source": "1"}, **{name: value})))
    assert (problem.code, problem.field) == ("bad_setting", f"settings.{name}")


def test_settings_of_others_are_kept() -> None:
    kept = parse(with_settings("code.python", {"source": "1"}, theirs={"a": 1}))
    assert (errors(kept), kept.settings) == ([], {"theirs": {"a": 1}})
