"""Which step's words are the answer, and how they are said when something goes wrong."""

from typing import Any
from uuid import uuid4

import pytest

from apps.common.types import JSONDict
from apps.gateway.exceptions import AnswerCut
from apps.runs.as_model.told import Words, speaker_of
from apps.runs.watching.relay import Frame
from apps.workflows.definition import parse
from apps.workflows.graph import compile_graph
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge, node

RUN = uuid4()


def model(name: str) -> JSONDict:
    return node(name, "ai.generate", config={"prompt": "Hello"})


def respond(body: Any) -> JSONDict:
    return node("reply", "core.respond", config={"body": body})


def token(text: str, at: int, step: str = "ai", **more: Any) -> Frame:
    told = {"type": "token", "run": str(RUN), "node": step, "text": text, "at": at}
    return Frame(RUN, {**told, **more})


@pytest.mark.parametrize(
    ("parts", "speaker"),
    [
        ([model("ai"), edge("start", "ai")], "ai"),
        ([transform("a"), edge("start", "a")], ""),
        ([model("ai"), model("other"), edge("start", "ai"), edge("start", "other")], ""),
        ([model("ai"), respond("{{ prev.text }}"), edge("start", "ai"), edge("ai", "reply")], "ai"),
        (
            [
                model("ai"), transform("a"), respond("{{ nodes.ai.output.text }}"),
                edge("start", "ai"), edge("ai", "a"), edge("a", "reply"),
            ],
            "ai",
        ),
        (
            [model("ai"), respond("Dear, {{ prev.text }}"), edge("start", "ai"), edge("ai", "reply")],
            "",
        ),
        ([transform("a"), respond("{{ prev.text }}"), edge("start", "a"), edge("a", "reply")], ""),
    ],
)  # fmt: skip
def test_the_step_that_writes_the_answer(parts: list[JSONDict], speaker: str) -> None:
    assert speaker_of(compile_graph(parse(graph(*parts)))) == speaker


def test_words_of_one_step_are_said_once() -> None:
    words = Words("ai")
    told = [token("Hel", 0), token("x", 0, "other"), token("y", 0, frame="ai.1"), token("lo", 3)]
    assert [words.hear(each) for each in told] == ["Hel", "", "", "lo"]
    assert words.rest("Hello Ada") == " Ada"


def test_a_step_that_is_tried_again_goes_on_where_it_was() -> None:
    words = Words("ai")
    told = [token("Hel", 0), token("He", 0), token("llo", 2)]
    assert [words.hear(each) for each in told] == ["Hel", "", "lo"]
    assert words.rest("Hello") == ""


def test_another_answer_is_no_end_of_the_first() -> None:
    words = Words("ai")
    assert words.hear(token("Hel", 0)) == "Hel"
    assert [words.hear(each) for each in (token("Bye", 0), token(" now", 3))] == ["", ""]
    with pytest.raises(AnswerCut):
        words.rest("Bye now")


def test_what_got_lost_is_said_at_the_end() -> None:
    words = Words("")
    assert words.hear(token("Hel", 0)) == ""
    assert words.rest("Hello") == "Hello"
    late = Words("ai")
    told = [token("Hel", 0), None, token("A", 6), token("da", 7)]
    assert [late.hear(each) for each in told] == ["Hel", "", "", ""]
    assert late.rest("Hello Ada") == "lo Ada"
