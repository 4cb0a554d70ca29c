"""Answers in streams: the same comes out wherever they are cut, nothing slips through a border."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.gateway.exceptions import GuardRefused
from apps.gateway.guards.bodies import redacted
from apps.gateway.guards.kinds import Kind, Place
from apps.gateway.guards.policy import Guards
from apps.gateway.guards.redacting import Redactor
from apps.gateway.guards.standing_in import Placeholders
from apps.gateway.guards.streams import Stream
from apps.gateway.guards.tally import Tally
from apps.gateway.protocols.bridge import named
from apps.gateway.upstreams.events import event_of

Body = dict[str, Any]
MASK = Guards.model_validate(
    {each: {"output": "mask"} for each in ("contact", "financial", "identity", "secrets", "links")}
)
PARTS = (
    "Dear Ada, ", "ada@example.com", " lives in Leeds. ", "4111 1111 1111 1111", ", ", "DE89 3704 0044 0532 0130 00",
    "\n", "password: Tr0ub4dor&3x", " and ", "![x](https://evil.example/?q=1)", " date of birth: 3 March 1980 ",
    "+49 30 1234567", " the end. ", "ssn 536904399", "é\u200b", "a [EMAIL_1] b", " 12 ", "\\n",
    "-----BEGIN PRIVATE " "KEY-----\nMIIabc\n-----END PRIVATE " "KEY-----",
)  # fmt: skip


def redactor(guards: Guards = MASK, placeholders: Placeholders | None = None) -> Redactor:
    return Redactor(guards, Place.OUTPUT, placeholders or Placeholders(), Tally())


def chunk(delta: Body, finish: str | None = None) -> Body:
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(text), *(each % (len(text) + 1) for each in cuts)})
    return [text[a:b] for a, b in itertools.pairwise(places)]


def told(stream: Stream, events: list[Body]) -> list[Body]:
    """Return what comes out, with the end after it."""
    out = b"".join(stream.feed(event_of(each)) for each in events)
    out += stream.feed(b"data: [DONE]\n\n") + stream.end()
    texts = [each.removeprefix("data: ") for each in out.decode().split("\n\n") if each]
    assert texts[-1] == "[DONE]"
    return [json.loads(each) for each in texts[:-1]]


def words(events: list[Body], name: str = "content") -> str:
    return "".join(each["choices"][0]["delta"].get(name) or "" for each in events)


@given(st.lists(st.sampled_from(PARTS), max_size=8), st.lists(st.integers(0, 1000), max_size=12))
@example([" date of birth: 3 March 1980 ", "4111 1111 1111 1111", "Dear Ada, "], [46])
@settings(max_examples=150, deadline=None)
def test_a_stream_says_what_the_whole_would_say(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    events = [chunk({"content": piece}) for piece in pieces_of(text, cuts)]
    whole, part = redactor(), redactor()
    out = told(Stream(part, is_json=False), [*events, chunk({}, "stop")])
    assert words(out) == whole.text(text)
    assert part.tally.rows() == whole.tally.rows()
    assert out[-1]["choices"][0]["finish_reason"] == "stop"


@given(st.lists(st.sampled_from(PARTS), max_size=6), st.lists(st.integers(0, 1000), max_size=12))
@settings(max_examples=100, deadline=None)
def test_arguments_of_tools_stay_json(parts: list[str], cuts: list[int]) -> None:
    arguments = json.dumps({"text": " ".join(parts), "card": 4111111111111111, "n": [1, 2.5]})
    events = [
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
        for piece in pieces_of(arguments, cuts)
    ]
    out = told(Stream(redactor(), is_json=False), [*events, chunk({}, "tool_calls")])
    calls = [call for each in out for call in each["choices"][0]["delta"].get("tool_calls", ())]
    read = json.loads("".join(call["function"]["arguments"] for call in calls))
    assert (read["card"], read["n"]) == (0, [1, 2.5])
    for secret in ("ada@", "4111 1111", "Tr0ub", "MIIabc", "evil.example", "536904399"):
        assert secret not in json.dumps(read)


def test_only_the_word_that_is_open_is_held() -> None:
    stream = Stream(redactor(), is_json=False)
    out = stream.feed(event_of(chunk({"content": "The quick brown fox jumps"})))
    assert words([json.loads(out.removeprefix(b"data: "))]) == "The quick brown fox "


def test_what_ends_a_call_never_leaves() -> None:
    guards = Guards.model_validate({"financial": {"output": "refuse"}})
    stream = Stream(redactor(guards), is_json=False)
    heard = b""
    with pytest.raises(GuardRefused, match=r"the answer pass\. Found: card number") as caught:
        for piece in ("pay with ", "4111 1111 ", "1111 1111", " today", " or later"):
            heard += stream.feed(event_of(chunk({"content": piece})))
    assert b"4111" not in heard
    assert "4111" not in str(caught.value)


def test_placeholders_are_exchanged_across_borders() -> None:
    known = Placeholders()
    name = known.name(Kind.EMAIL, 'a"b@example.com')
    assert name == "[EMAIL_1]"
    stream = Stream(redactor(Guards(), known), is_json=False)
    events = [chunk({"content": each}) for each in ("Write to [EM", "AIL", "_1] or [EMAIL_2", "].")]
    out = told(stream, [*events, chunk({}, "stop")])
    assert words(out) == 'Write to a"b@example.com or [EMAIL_2].'
    call = {"index": 0, "function": {"arguments": '{"to": "[EMAIL_1]"}'}}
    out = told(Stream(redactor(Guards(), known), is_json=False), [chunk({"tool_calls": [call]})])
    text = out[0]["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(text) == {"to": 'a"b@example.com'}


def test_answers_with_several_texts_keep_them_apart() -> None:
    stream = Stream(redactor(), is_json=False)
    first = {"index": 0, "delta": {"content": "ada@exam"}, "finish_reason": None}
    second = {"index": 1, "delta": {"content": "ple.com"}, "finish_reason": None}
    out = told(stream, [{"choices": [first]}, {"choices": [second]}, {"choices": [first]}])
    by_answer = ["", ""]
    for event in out:
        for choice in event["choices"]:
            by_answer[choice["index"]] += choice["delta"]["content"]
    assert by_answer == ["ada@examada@exam", "ple.com"]


def test_probabilities_of_tokens_repeat_nothing() -> None:
    told_again = {"content": [{"token": "4111"}, {"token": "1111"}]}
    event = chunk({"content": "x "})
    event["choices"][0]["logprobs"] = told_again
    out = Stream(redactor(), is_json=False).feed(event_of(event))
    assert b"4111" not in out


def test_a_restart_forgets_what_was_held() -> None:
    stream = Stream(redactor(), is_json=False)
    notice = {**chunk({}), "auterity": {"failover": {"mode": "restart"}}}
    out = told(stream, [chunk({"content": "Hello ada"}), notice, chunk({"content": "@home"})])
    assert words(out) == "Hello @home"


def test_events_of_responses_are_exchanged_and_numbered() -> None:
    text = "Card 4111 1111 1111 1111 of ada@example.com"
    where = {"item_id": "m", "output_index": 0, "content_index": 0}
    deltas = [
        {"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []}
        for piece in (text[:9], text[9:30], text[30:])
    ]
    done = {"type": "response.output_text.done", **where, "text": text}
    events = [{**each, "sequence_number": place} for place, each in enumerate([*deltas, done])]
    rules = redactor()
    stream = Stream(rules, is_json=False)
    out = b"".join(stream.feed(named(each)) for each in events) + stream.end()
    seen = [json.loads(each.partition("\n")[2][6:]) for each in out.decode().split("\n\n") if each]
    assert [each["sequence_number"] for each in seen] == list(range(len(seen)))
    assert seen[-1]["text"] == "Card [CARD] of [EMAIL]"
    assert "".join(each["delta"] for each in seen[:-1]) == "Card [CARD] of [EMAIL]"
    assert [row["count"] for row in rules.tally.rows()] == [1, 1]


def test_events_of_messages_are_exchanged() -> None:
    at = {"index": 0}
    pieces = ('{"to": "ada@exa', 'mple.com", "n": ', "4111111111111111", "}")
    events: list[Body] = [
        {"type": "content_block_start", **at, "content_block": {"type": "tool_use"}}
    ]
    events += [
        {
            "type": "content_block_delta",
            **at,
            "delta": {"type": "input_json_delta", "partial_json": each},
        }
        for each in pieces
    ]
    events += [{"type": "ping"}, {"type": "content_block_stop", **at}]
    stream = Stream(redactor(), is_json=False)
    out = b"".join(stream.feed(named(each)) for each in events) + stream.end()
    seen = [json.loads(each.partition("\n")[2][6:]) for each in out.decode().split("\n\n") if each]
    said = "".join(each["delta"]["partial_json"] for each in seen if "delta" in each)
    assert json.loads(said) == {"to": "[EMAIL]", "n": 0}
    assert [each["type"] for each in seen][-1] == "content_block_stop"


def test_whole_answers_keep_their_form() -> None:
    body = {"id": "ada@example.com", "choices": [{"message": {"role": "assistant", "content": "ada@example.com", "tool_calls": [
        {"id": "call_1", "function": {"name": "pay", "arguments": '{"card": 4111111111111111, "by": "ada@example.com"}'}}]}}]}  # fmt: skip
    out = redacted(body, redactor())
    message = out["choices"][0]["message"]
    assert out["id"] == "ada@example.com"
    assert message["content"] == "[EMAIL]"
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {
        "card": 0,
        "by": "[EMAIL]",
    }
