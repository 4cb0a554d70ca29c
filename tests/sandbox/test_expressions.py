"""The language of `{{ }}`, by the corpus that the browser's tests share."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sandbox.exceptions import CodeFailed, ExpressionInvalid
from apps.sandbox.expressions import parse_expression, parse_template
from apps.sandbox.services import segment

CORPUS: dict[str, Any] = json.loads((Path(__file__).parent.parent / "expressions.json").read_text())


def evaluate(text: str) -> Any:
    with segment("t_test") as opened:
        return opened.render(text, {text: parse_template(text)}, CORPUS["context"])


@pytest.mark.parametrize(("text", "expected"), CORPUS["good"])
def test_good(text: str, expected: object) -> None:
    assert evaluate(text) == expected


@pytest.mark.parametrize(("text", "says"), CORPUS["refused"])
def test_refused_before_anything_runs(text: str, says: str) -> None:
    with pytest.raises(ExpressionInvalid, match=says) as caught:
        parse_template(text)
    assert caught.value.hint
    assert 0 <= caught.value.position <= len(text)


@pytest.mark.parametrize(
    "source",
    ["$json.name", "input.a?.b", "input.a ?? 1", "input.a && input.b", "x => x", "$('A').b"],
)
def test_who_writes_javascript_is_told_what_is_different(source: str) -> None:
    with pytest.raises(ExpressionInvalid) as caught:
        parse_template("{{ " + source + " }}")
    assert "JavaScript" in caught.value.hint


@pytest.mark.parametrize(("text", "says"), CORPUS["fails"])
def test_failure_says_why(text: str, says: str) -> None:
    with pytest.raises(CodeFailed, match=says):
        evaluate(text)


def test_position_points_at_the_word() -> None:
    text = "Dear {{ input.name + secret }}"
    with pytest.raises(ExpressionInvalid) as caught:
        parse_template(text)
    assert text[caught.value.position :].startswith("secret")


def test_used_names_and_nodes_are_known() -> None:
    found = parse_expression(
        "nodes.a_1.output + nodes['b'].output + prev.x + [row.x for row in input.rows][0]"
    )
    assert found.nodes == {"a_1", "b"}
    assert found.names == {"nodes", "prev", "input"}


@pytest.mark.parametrize(
    "source",
    ["(" * 60 + "1" + ")" * 60, "+".join(["1"] * 3000), "[" * 90 + "]" * 90, "-" * 3000 + "1"],
)
def test_deep_or_long_sources_are_refused_quickly(source: str) -> None:
    if source.startswith("("):
        assert parse_expression(source).compiled == "1"  # brackets alone nest nothing
        return
    with pytest.raises(ExpressionInvalid):
        parse_expression(source)


@given(text=st.text(alphabet="{}'\"()[]abc.input 123+\\\n", max_size=60))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        parse_template(text)
    except ExpressionInvalid as error:
        assert error.message
