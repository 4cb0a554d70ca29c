"""What versions consist of, and how variables are filled in."""

from typing import Any

import pytest

from apps.gateway.exceptions import BadVariables
from apps.gateway.prompts.content import Content
from apps.gateway.prompts.differing import sections
from apps.gateway.prompts.exceptions import BadPrompt
from tests.gateway.prompts.writing import content

TYPED: list[dict[str, Any]] = [
    {"name": "who"},
    {"name": "count", "type": "number", "default": 3},
    {"name": "polite", "type": "boolean", "required": False},
    {"name": "data", "type": "json"},
]
ALL = "{{ who }}, {{count}}, {{ polite }}, {{ data }}, {{ no thing }}"


def test_values_stand_where_they_are_named() -> None:
    made = Content.of(content(ALL, variables=TYPED))
    told = made.filled({"who": "{{ count }}", "polite": True, "data": {"a": ["é"]}})
    assert told == [
        {"role": "user", "content": '{{ count }}, 3, true, {"a": ["é"]}, {{ no thing }}'}
    ]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"data": 1}, "who has no value"),
        ({"who": "Ada"}, "data has no value"),
        ({"who": "Ada", "data": 1, "count": "3"}, "count wants a number"),
        ({"who": "Ada", "data": 1, "polite": 1}, "polite wants a boolean"),
        ({"who": "Ada", "data": 1, "other": 1}, "no variable named other"),
    ],
)
def test_values_that_do_not_fit_are_named(values: dict[str, Any], said: str) -> None:
    with pytest.raises(BadVariables, match=said):
        Content.of(content(ALL, variables=TYPED)).filled(values)


def test_what_is_only_named_is_a_required_text() -> None:
    made = Content.of(content("Hello {{ who }}"))
    assert [(each.name, each.type, each.required) for each in made.variables] == [
        ("who", "text", True)
    ]


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": ""}]}, "messages.0.content"),
        (content("x", variables=[{"name": "Who"}]), "variables.0.name"),
        (content("x", variables=[{"name": "a"}, {"name": "a"}]), "variables.1.name"),
        (
            content("x", variables=[{"name": "a", "type": "number", "default": "3"}]),
            "variables.0.default",
        ),
        (content("x", params={"temperature": 3}), "params.temperature"),
        (content("x", more=1), "more"),
    ],
)
def test_what_makes_no_sense_is_named(bad: dict[str, Any], field: str) -> None:
    with pytest.raises(BadPrompt) as caught:
        Content.of(bad)
    assert caught.value.errors[0]["field"] == field


def test_equal_contents_have_one_hash() -> None:
    one, two = (
        Content.of(content("Hello {{ who }}", variables=each)) for each in ([], [{"name": "who"}])
    )
    assert one.sha256() == two.sha256() != Content.of(content("Hello")).sha256()


def test_versions_are_compared_line_by_line() -> None:
    before = Content.of(content("Be kind", "One\nTwo\n{{ who }}")).stored()
    after = Content.of(content("Be kind", "One\n2\n{{ who }}", params={"max_tokens": 9})).stored()
    system, user, variables, params = sections(before, after)
    assert [(each.title, each.changed) for each in (system, user, variables, params)] == [
        ("Message 1", False), ("Message 2", True), ("Variables", False), ("Parameters", True),
    ]  # fmt: skip
    assert [(line.kind, line.text) for line in user.lines] == [
        ("same", "user:"), ("same", "One"), ("removed", "Two"), ("added", "2"), ("same", "{{ who }}"),
    ]  # fmt: skip
