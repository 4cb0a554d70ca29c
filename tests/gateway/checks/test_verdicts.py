"""Verdicts on answers: each check on what it accepts and refuses, and what no check can tell."""

import json
from typing import Any

import pytest

from apps.gateway.asks import Ask, Source
from apps.gateway.checks.said import Said, ToolCall, said_in
from apps.gateway.checks.verdicts import Verdict, checks_of, verdict_of

SCHEMA = {
    "type": "object",
    "properties": {"class": {"enum": ["refund", "other"]}, "reason": {"type": "string"}},
    "required": ["class"],
}
FORM = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
PARAMETERS = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
TOOLS = [{"type": "function", "function": {"name": "look_up", "parameters": PARAMETERS}}]
FIELDS = [
    {"name": "total", "type": "number"},
    {"name": "email", "type": "text", "required": True},
]


def ask_of(task: str = "", hints: dict[str, Any] | None = None, **body: Any) -> Ask:
    return Ask(model="m", body={"messages": [], **body}, task=task, hints=hints or {})


def verdict(ask: Ask, text: str, **more: Any) -> Verdict:
    said = Said(text=text, **{"finish": "stop", **more})
    return verdict_of(said, ask, checks_of(ask))


def outcome(ask: Ask, text: str, **more: Any) -> tuple[str, str]:
    found = verdict(ask, text, **more)
    return str(found.mark), found.check


CLASSIFY = ask_of("classify", {"classes": [{"id": "refund"}, {"id": "new"}]}, response_format=FORM)
EXTRACT = ask_of(
    "extract", {"fields": FIELDS, "text": "Total: 1.234,50 EUR for 3 of a@b.c"},
    response_format={"type": "json_object"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("ask", "checks"),
    [
        (ask_of(), ()),
        (ask_of(response_format=FORM), ("schema",)),
        (ask_of(response_format={"type": "json_object"}), ("json",)),
        (ask_of(tools=TOOLS, response_format=FORM), ("tools", "schema")),
        (CLASSIFY, ("label", "schema")),
        (EXTRACT, ("fields", "json")),
        (ask_of(response_format=FORM, n=2), ()),
        (Ask(model="m", body={"response_format": FORM}, endpoint="responses"), ()),
    ],
)
def test_checks_are_what_the_call_is(ask: Ask, checks: tuple[str, ...]) -> None:
    assert checks_of(ask) == checks


def test_a_schema_that_nobody_can_follow_checks_nothing() -> None:
    broken: list[dict[str, Any]] = [
        {"type": 5}, {"$ref": "https://example.org/x"}, {"patternProperties": {"a": {}}},
    ]  # fmt: skip
    for bad in broken:
        form = {"type": "json_schema", "json_schema": {"name": "a", "schema": bad}}
        assert checks_of(ask_of(response_format=form)) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"class": "refund"}', ("passed", "schema")),
        ('{"class": "secret words"}', ("failed", "schema")),
        ("no JSON", ("failed", "json")),
        ('```json\n{"class": "refund"}\n```', ("failed", "json")),
        ("[" * 5_000, ("failed", "json")),
    ],
)
def test_json_fits_its_schema(text: str, expected: tuple[str, str]) -> None:
    assert outcome(ask_of(response_format=FORM), text) == expected


def test_a_reason_repeats_nothing_of_the_answer() -> None:
    found = verdict(ask_of(response_format=FORM), '{"class": "secret words"}')
    assert found.reason == "does not fit the schema at properties/class/enum"


def test_a_step_may_fence_its_json() -> None:
    ask = Ask(
        model="m", body={"response_format": FORM}, task="generate", source=Source(node_id="a")
    )
    assert outcome(ask, '```json\n{"class": "refund"}\n```') == ("passed", "schema")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"class": "refund"}', ("passed", "label")),
        ('{"class": "other"}', ("failed", "label")),  # in the schema, and yet none of the labels
        ('{"class": ["refund"]}', ("failed", "label")),
    ],
)
def test_a_label_is_one_of_the_classes(text: str, expected: tuple[str, str]) -> None:
    assert outcome(CLASSIFY, text) == expected


@pytest.mark.parametrize(
    ("found", "mark"),
    [
        ({"total": 1234.5, "email": "a@b.c"}, "passed"),
        ({"total": 3, "email": "a@b.c"}, "passed"),
        ({"total": -3, "email": "a@b.c"}, "passed"),
        ({"total": None, "email": "a@b.c"}, "passed"),
        ({"total": 1234.05, "email": "a@b.c"}, "failed"),
        ({"total": True, "email": "a@b.c"}, "failed"),
        ({"total": 3, "email": None}, "failed"),
        ({"total": 3}, "failed"),
    ],
)
def test_fields_are_there_and_numbers_stand_in_the_text(found: dict[str, Any], mark: str) -> None:
    assert outcome(EXTRACT, json.dumps(found)) == (mark, "fields")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.50", 1234.5), ("12 500", 12500), ("12 500,75 EUR", 12500.75), ("3.14", 3.14),
        ("v1.2.3 and 7", 7), ("12'500.5", 12500.5), ("500", 500.0),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, number: float) -> None:
    hints = {"fields": [{"name": "n", "type": "number"}], "text": f"It says {text}."}
    ask = ask_of("extract", hints, response_format={"type": "json_object"})
    assert outcome(ask, json.dumps({"n": number}))[0] == "passed"


def called(name: str, arguments: str) -> dict[str, Any]:
    return {"calls": {"0": ToolCall(name, arguments)}, "finish": "tool_calls"}


@pytest.mark.parametrize(
    ("name", "arguments", "mark"),
    [
        ("look_up", '{"q": "x"}', "passed"),
        ("look_up", '{"q": 1}', "failed"),
        ("look_up", '{"q": ', "failed"),
        ("look_up", "[]", "failed"),
        ("look_up", "", "failed"),
        ("delete_all", "{}", "failed"),
    ],
)
def test_tools_are_called_as_they_were_offered(name: str, arguments: str, mark: str) -> None:
    assert outcome(ask_of(tools=TOOLS), "", **called(name, arguments)) == (mark, "tools")


def test_words_in_place_of_a_tool() -> None:
    assert outcome(ask_of(tools=TOOLS), "Hello")[0] == "open"
    assert outcome(ask_of(tools=TOOLS, tool_choice="required"), "Hello") == ("failed", "tools")
    assert outcome(ask_of(response_format=FORM), "", **called("look_up", "{}"))[0] == "open"


@pytest.mark.parametrize(
    "more", [{"finish": "length"}, {"finish": "content_filter"}, {"finish": ""}, {"refusal": "No"}]
)
def test_what_is_not_whole_does_not_hold(more: dict[str, Any]) -> None:
    assert outcome(ask_of(response_format=FORM), '{"class": "refund"}', **more) == (
        "failed", "whole",
    )  # fmt: skip


def chunk(**delta: Any) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta}]}).encode() + b"\n\n"


def test_a_stream_is_put_together() -> None:
    parts = [
        b": alive\n\n", chunk(role="assistant", content="Hel"), chunk(content="lo"),
        chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"a'}}]),
        chunk(tool_calls=[{"index": 0, "function": {"arguments": '":1}'}}]),
        chunk(tool_calls=[{"index": 0, "id": "b", "function": {"name": "g", "arguments": "{}"}}]),
        b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n', b"data: {bad\n\n",
        b'data: {"choices": []}\n\n', b"data: [DONE]\n\n",
    ]  # fmt: skip
    said = said_in(parts, streams=True)
    assert (said.text, said.finish) == ("Hello", "stop")
    assert [(each.name, each.arguments) for each in said.calls.values()] == [
        ("f", '{"a":1}'), ("g", "{}"),
    ]  # fmt: skip
    assert said_in([b'{"choices": [{"message": {"content": "x"}}]}'], streams=False).text == "x"
    assert said_in([b"[1]"], streams=False) == Said()
