"""/v1/responses: told from chats in its exact form, passed through where the upstream speaks it."""

import json
from itertools import pairwise
from typing import Any

import pytest

from apps.accounts.models import User
from apps.gateway import services
from apps.gateway.models import Provider
from tests.factories.callers import Reply
from tests.fakeai.chat import WORDS
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import connect, lead
from tests.gateway.programs import Program, error_of, key_of, named_events_of, only_call

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "".join(WORDS)
LOOK_UP = {"type": "function", "name": "look_up", "parameters": {"type": "object"}, "strict": True}


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    return connect(fake, alice)


@pytest.fixture
def native(alice: User, fake: FakeProvider) -> Provider:
    return connect(fake, alice, name="Native", capabilities=["json_schema", "responses"])


@pytest.fixture
def program(alice: User) -> Program:
    return Program(key_of(alice))


def respond(program: Program, **more: Any) -> Reply:
    return program.post("responses", {"model": "default", "input": "Say hello", **more})


def kinds(events: list[dict[str, Any]]) -> list[str]:
    assert [each["sequence_number"] for each in events] == list(range(len(events)))
    names = [each["type"].removeprefix("response.") for each in events]
    return [name for last, name in pairwise(["", *names]) if name != last]


def test_a_chat_is_told_as_a_response(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "ok", provider=provider)
    reply = respond(
        program, instructions="Be kind.", max_output_tokens=50, metadata={"a": "b"}, seed=7
    )
    told = reply.json()
    assert (told["object"], told["status"], told["store"]) == ("response", "completed", False)
    assert (told["model"], told["instructions"], told["metadata"]) == ("ok", "Be kind.", {"a": "b"})
    [item] = told["output"]
    assert (item["type"], item["role"], item["status"]) == ("message", "assistant", "completed")
    assert item["content"] == [
        {"type": "output_text", "text": SAID, "annotations": [], "logprobs": []}
    ]
    assert told["usage"] == {
        "input_tokens": 1000, "input_tokens_details": {"cached_tokens": 400}, "output_tokens": 200,
        "output_tokens_details": {"reasoning_tokens": 50}, "total_tokens": 1200,
    }  # fmt: skip
    assert fake.asked[0].path == "/v1/chat/completions"
    assert fake.asked[0].body == {
        "model": "ok", "max_tokens": 50, "seed": 7,
        "messages": [
            {"role": "system", "content": "Be kind."}, {"role": "user", "content": "Say hello"},
        ],
    }  # fmt: skip
    row = only_call()
    assert (row.endpoint, row.status, row.input_tokens, row.model) == (
        "responses",
        "ok",
        1000,
        "ok",
    )
    assert reply.headers["x-request-id"] == row.request_id


def test_the_events_of_words_come_in_their_order(
    alice: User, provider: Provider, program: Program
) -> None:
    lead(alice, "reason", provider=provider)
    events = named_events_of(respond(program, stream=True))
    assert kinds(events) == [
        "created", "in_progress",
        "output_item.added", "reasoning_summary_part.added", "reasoning_summary_text.delta",
        "reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done",
        "output_item.added", "content_part.added", "output_text.delta", "output_text.done",
        "content_part.done", "output_item.done", "completed",
    ]  # fmt: skip
    deltas = [each for each in events if each["type"] == "response.output_text.delta"]
    assert [each["delta"] for each in deltas] == list(WORDS)
    assert {each["output_index"] for each in deltas} == {1}
    whole = events[-1]["response"]
    assert [each["id"] for each in whole["output"]] == [
        each["item"]["id"] for each in events if each["type"] == "response.output_item.done"
    ]
    assert whole["output"][0]["summary"] == [{"type": "summary_text", "text": "thinking"}]
    assert whole["output"][1]["content"][0]["text"] == SAID
    assert whole["usage"]["total_tokens"] == 1200
    assert events[0]["response"]["id"] == whole["id"]
    assert (only_call().streamed, only_call().output_tokens) == (True, 200)


@pytest.mark.parametrize("model", ["tools", "tools-at-once"])
def test_calls_of_tools_are_items(
    alice: User, provider: Provider, program: Program, fake: FakeProvider, model: str
) -> None:
    lead(alice, model, provider=provider)
    choice = {"type": "function", "name": "look_up"}
    events = named_events_of(respond(program, stream=True, tools=[LOOK_UP], tool_choice=choice))
    one = [
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.done",
        "output_item.done",
    ]  # fmt: skip
    assert kinds(events) == ["created", "in_progress", *one, *one, "completed"]
    items = events[-1]["response"]["output"]
    assert [(each["name"], json.loads(each["arguments"])) for each in items] == [
        ("look_up", {"q": "x"}), ("add", {"a": 1, "b": 2}),
    ]  # fmt: skip
    assert len({each["call_id"] for each in items}) == 2
    function = {key: LOOK_UP[key] for key in ("name", "parameters", "strict")}
    assert fake.asked[0].body["tools"] == [{"type": "function", "function": function}]
    assert fake.asked[0].body["tool_choice"] == {
        "type": "function", "function": {"name": "look_up"},
    }  # fmt: skip


def test_a_conversation_becomes_messages(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "ok", provider=provider)
    picture = "data:image/png;base64,AAAA"
    image = {"type": "input_image", "image_url": picture, "detail": "low"}
    call = {"type": "function_call", "name": "look_up", "arguments": '{"q": 1}'}
    reply = respond(
        program,
        input=[
            {"role": "developer", "content": "Short."},
            {"role": "user", "content": [{"type": "input_text", "text": "What is it?"}, image]},
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hm."}]},
            {**call, "call_id": "c1"},
            {**call, "call_id": "c2"},
            {"type": "function_call_output", "call_id": "c1", "output": "one"},
            {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "two"}]},
        ],
    )  # fmt: skip
    assert reply.status == 200
    function = {"name": "look_up", "arguments": '{"q": 1}'}
    assert fake.asked[0].body["messages"] == [
        {"role": "system", "content": "Short."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is it?"},
                {"type": "image_url", "image_url": {"url": picture, "detail": "low"}},
            ],
        },
        {
            "role": "assistant",
            "content": "Hm.",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": function},
                {"id": "c2", "type": "function", "function": function},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "one"},
        {"role": "tool", "tool_call_id": "c2", "content": "two"},
    ]


def test_structured_output_and_effort_are_asked_for(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "ok", provider=provider)
    shape = {"type": "object", "properties": {"answer": {"type": "string"}}}
    wanted = {"type": "json_schema", "name": "it", "schema": shape, "strict": True}
    reply = respond(program, text={"format": wanted}, reasoning={"effort": "low"})
    assert json.loads(reply.json()["output"][0]["content"][0]["text"]) == {"answer": "yes"}
    assert reply.json()["text"] == {"format": wanted}
    named = {"name": "it", "schema": shape, "strict": True}
    sent = fake.asked[0].body
    assert sent["response_format"] == {"type": "json_schema", "json_schema": named}
    assert sent["reasoning_effort"] == "low"
    made = respond(program, model="fast", text={"format": wanted}).json()
    assert set(json.loads(made["output"][0]["content"][0]["text"])) == {"answer"}


def test_refusals_and_limits_are_told(alice: User, provider: Provider, program: Program) -> None:
    lead(alice, "refuses", provider=provider)
    events = named_events_of(respond(program, stream=True))
    assert [each for each in kinds(events) if each.startswith("refusal")] == [
        "refusal.delta", "refusal.done",
    ]  # fmt: skip
    whole = events[-1]["response"]
    assert whole["output"][0]["content"] == [{"type": "refusal", "refusal": "I cannot"}]
    lead(alice, "short", provider=provider)
    last = named_events_of(respond(program, stream=True))[-1]
    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


def test_an_upstream_that_speaks_it_is_passed_through(
    alice: User, native: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "ok", provider=native)
    search = {"type": "web_search"}
    reply = respond(program, tools=[search], unknown_parameter=1, store=False)
    assert reply.json()["id"] == "resp_of_upstream"
    sent = fake.asked[0]
    assert sent.path == "/v1/responses"
    assert (sent.body["store"], sent.body["tools"]) == (False, [search])
    assert (sent.body["unknown_parameter"], sent.body["input"]) == (1, "Say hello")
    row = only_call()
    assert (row.endpoint, row.input_tokens, row.cached_tokens, row.reasoning_tokens) == (
        "responses", 1000, 400, 50,
    )  # fmt: skip


@pytest.mark.parametrize(("model", "end"), [("ok", "completed"), ("long", "incomplete")])
def test_a_stream_of_it_is_passed_through(
    alice: User, native: Provider, program: Program, model: str, end: str
) -> None:
    lead(alice, model, provider=native)
    events = named_events_of(respond(program, stream=True))
    assert kinds(events) == [
        "created", "output_item.added", "content_part.added", "output_text.delta",
        "output_text.done", "content_part.done", "output_item.done", end,
    ]  # fmt: skip
    row = only_call()
    assert (row.status, row.input_tokens, row.tokens_estimated) == ("ok", 1000, False)
    assert row.ttft_ms is not None


@pytest.mark.parametrize("speaks", [True, False])
def test_what_breaks_off_ends_with_an_error_in_its_form(
    alice: User, provider: Provider, native: Provider, program: Program, speaks: bool
) -> None:
    for model in ("cut", "failed" if speaks else "broken"):
        lead(alice, model, "ok", provider=native if speaks else provider)
        last = named_events_of(respond(program, stream=True))[-1]
        assert last["type"] == "error"
        assert last["code"] == last["error"]["code"] == "answer_cut"
        assert last["sequence_number"] > 2
        assert SECRET not in json.dumps(last)


def test_failing_targets_give_way_whatever_they_speak(
    alice: User, provider: Provider, native: Provider, program: Program, fake: FakeProvider
) -> None:
    route = lead(alice, "error-500", provider=native)
    targets = [("native", "error-500"), ("fake", "garbage"), ("fake", "ok")]
    services.save_route(
        route, actor=alice, targets=[{"provider": slug, "model": model} for slug, model in targets]
    )
    for stream in (False, True):
        reply = respond(program, stream=stream)
        assert (reply.status, reply.headers["x-auterity-attempts"]) == (200, "3")


UNABLE: list[dict[str, Any]] = [
    {"tools": [{"type": "web_search"}]},
    {"tools": [LOOK_UP], "tool_choice": {"type": "mcp", "server_label": "x"}},
    {"input": [{"type": "web_search_call", "id": "x"}]},
    {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
    {"include": ["message.output_text.logprobs"]},
    {"prompt": {"id": "pmpt_1"}},
]


@pytest.mark.parametrize("wish", UNABLE)
def test_what_a_chat_cannot_say_is_refused_and_another_target_is_asked(
    alice: User, provider: Provider, native: Provider, program: Program, wish: dict[str, Any]
) -> None:
    lead(alice, "ok", provider=provider)
    reply = respond(program, **wish)
    assert (reply.status, error_of(reply)["code"]) == (400, "not_offered")
    assert "Responses" in error_of(reply)["message"]
    lead(alice, "ok", provider=native)
    assert respond(program, **wish).status == 200


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"store": True}, "store", "unsupported_parameter"),
    ({"previous_response_id": "resp_1"}, "previous_response_id", "unsupported_parameter"),
    ({"conversation": "conv_1"}, "conversation", "unsupported_parameter"),
    ({"background": True}, "background", "unsupported_parameter"),
    ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input", "unsupported_parameter"),
    ({"input": ""}, "input", "invalid_type"),
    ({"input": None}, "input", "invalid_type"),
    ({"input": ["x"]}, "input", "invalid_type"),
    ({"input": [{"type": 7}]}, "input", "invalid_type"),
    ({"input": [{"role": "user"}] * 10_001}, "input", "invalid_value"),
    ({"stream": "yes"}, "stream", "invalid_type"),
    ({"model": ""}, "model", "missing_required_parameter"),
]


@pytest.mark.parametrize(("wrong", "param", "code"), BAD)
def test_what_is_refused_at_once(
    program: Program, wrong: dict[str, Any], param: str, code: str
) -> None:
    reply = respond(program, **wrong)
    error = error_of(reply)
    assert (reply.status, error["param"], error["code"]) == (400, param, code)


def test_odd_items_are_no_error_of_ours(alice: User, provider: Provider, program: Program) -> None:
    lead(alice, "ok", provider=provider)
    odd: list[Any] = [
        {"role": "user", "content": [None]}, {"role": "user", "content": [{"type": 1}]},
        {"role": 5, "content": 5}, {"type": "function_call"}, {"type": "function_call_output"},
        {"role": "user", "content": [{"type": "input_text"}]},
    ]  # fmt: skip
    for item in odd:
        assert respond(program, input=[item]).status in (200, 400)
    for wish in (
        {"tools": "x"},
        {"tools": [1]},
        {"text": 1},
        {"text": {"format": 1}},
        {"include": 1},
    ):
        assert respond(program, **wish).status in (200, 400)


def test_whoever_leaves_ends_the_call(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "stalls", provider=provider)
    program.leave("default", lambda heard: b"Hello" in heard, path="responses", input="Hi")
    assert fake.left.wait(5)
    row = only_call()
    assert (row.status, row.endpoint, row.output_tokens) == ("cancelled", "responses", 2)
