"""/v1/messages: told from chats in its exact form, passed through where Anthropic is asked."""

import json
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from apps.accounts.models import User
from apps.gateway import services
from apps.gateway.models import Provider
from tests.factories.callers import Caller, Reply
from tests.fakeai.chat import WORDS
from tests.fakeai.messages import THOUGHT, USED
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import connect, lead
from tests.gateway.programs import Program, key_of, named_events_of, only_call

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "".join(WORDS)
HELLO: dict[str, Any] = {
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Say hello"}],
}
LOOK_UP = {"name": "look_up", "description": "Looks up", "input_schema": {"type": "object"}}


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    return connect(fake, alice)


@pytest.fixture
def native(alice: User, fake: FakeProvider) -> Provider:
    return connect(
        fake, alice, kind="litellm", litellm_provider="anthropic", name="Claude",
        base_url=fake.origin,
    )  # fmt: skip


@pytest.fixture
def program(alice: User) -> Program:
    return Program(key_of(alice))


def say(program: Program, headers: dict[str, str] | None = None, **more: Any) -> Reply:
    return program.post("messages", {"model": "default", **HELLO, **more}, **(headers or {}))


def error_of(reply: Reply) -> dict[str, Any]:
    told = reply.json()
    assert set(told) == {"type", "error", "request_id"}
    assert (told["type"], set(told["error"])) == ("error", {"type", "message"})
    assert reply.headers["request-id"] == reply.headers["x-request-id"] == told["request_id"]
    return {"status": reply.status, **told["error"]}


def kinds(events: list[dict[str, Any]]) -> list[str]:
    names = [each["type"] for each in events]
    return [name for last, name in pairwise(["", *names]) if name != last]


ONE = ["content_block_start", "content_block_delta", "content_block_stop"]


def test_a_chat_is_told_as_a_message(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "ok", provider=provider)
    reply = say(
        program,
        system=[{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}],
        stop_sequences=["END"], temperature=0.5, top_k=3, metadata={"user_id": "u-1"}, seed=7,
    )  # fmt: skip
    told = reply.json()
    assert (told["type"], told["role"], told["model"]) == ("message", "assistant", "ok")
    assert told["content"] == [{"type": "text", "text": SAID}]
    assert (told["stop_reason"], told["stop_sequence"]) == ("end_turn", None)
    assert told["usage"] == {
        "input_tokens": 600, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 400,
        "output_tokens": 200,
    }  # fmt: skip
    assert fake.asked[0].body == {
        "model": "ok", "max_tokens": 100, "stop": ["END"], "temperature": 0.5, "top_k": 3,
        "user": "u-1", "seed": 7,
        "messages": [
            {"role": "system", "content": "Be kind."}, {"role": "user", "content": "Say hello"},
        ],
    }  # fmt: skip
    row = only_call()
    assert (row.endpoint, row.status, row.input_tokens, row.output_tokens) == (
        "messages", "ok", 1000, 200,
    )  # fmt: skip
    assert reply.headers["request-id"] == row.request_id


def test_the_events_come_in_their_order(alice: User, provider: Provider, program: Program) -> None:
    lead(alice, "reason", provider=provider)
    events = named_events_of(say(program, stream=True))
    assert kinds(events) == ["message_start", *ONE, "message_delta", "message_stop"]
    deltas = [each["delta"] for each in events if each["type"] == "content_block_delta"]
    assert deltas == [{"type": "text_delta", "text": word} for word in WORDS]
    assert events[-2]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert events[-2]["usage"]["output_tokens"] == 200
    thinking = {"type": "enabled", "budget_tokens": 2048}
    events = named_events_of(say(program, stream=True, thinking=thinking))
    assert kinds(events) == ["message_start", *ONE, *ONE, "message_delta", "message_stop"]
    assert events[1]["content_block"] == {"type": "thinking", "thinking": "", "signature": ""}
    assert events[2]["delta"] == {"type": "thinking_delta", "thinking": "thinking"}


@pytest.mark.parametrize("model", ["tools", "tools-at-once"])
def test_calls_of_tools_are_blocks(
    alice: User, provider: Provider, program: Program, fake: FakeProvider, model: str
) -> None:
    lead(alice, model, provider=provider)
    choice = {"type": "tool", "name": "look_up", "disable_parallel_tool_use": True}
    events = named_events_of(say(program, stream=True, tools=[LOOK_UP], tool_choice=choice))
    assert kinds(events) == ["message_start", *ONE, *ONE, "message_delta", "message_stop"]
    opened = [each for each in events if each["type"] == "content_block_start"]
    assert [(each["index"], each["content_block"]["name"]) for each in opened] == [
        (0, "look_up"), (1, "add"),
    ]  # fmt: skip
    arguments = ["", ""]
    for each in events:
        if each["type"] == "content_block_delta":
            arguments[each["index"]] += each["delta"]["partial_json"]
    assert [json.loads(text) for text in arguments] == [{"q": "x"}, {"a": 1, "b": 2}]
    assert events[-2]["delta"]["stop_reason"] == "tool_use"
    sent = fake.asked[0].body
    function = {"name": "look_up", "description": "Looks up", "parameters": {"type": "object"}}
    assert sent["tools"] == [{"type": "function", "function": function}]
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "look_up"}}
    assert sent["parallel_tool_calls"] is False


def test_a_whole_answer_holds_the_input_of_tools(
    alice: User, provider: Provider, program: Program
) -> None:
    lead(alice, "tools", provider=provider)
    told = say(program, tools=[LOOK_UP]).json()
    assert [(each["type"], each["input"]) for each in told["content"]] == [
        ("tool_use", {"q": "x"}), ("tool_use", {"a": 1, "b": 2}),
    ]  # fmt: skip
    assert told["stop_reason"] == "tool_use"


def test_arguments_that_are_no_json_are_another_targets_turn(
    alice: User, provider: Provider, program: Program
) -> None:
    lead(alice, "bad-arguments", "ok", provider=provider)
    reply = say(program, tools=[LOOK_UP])
    assert (reply.status, reply.headers["x-auterity-attempts"]) == (200, "2")


def test_a_conversation_becomes_messages(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "ok", provider=provider)
    source = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
    paper = {"type": "base64", "media_type": "application/pdf", "data": "BBBB"}
    text = {"type": "text", "text": "What is it?"}
    shown = [{"type": "text", "text": "See"}, {"type": "image", "source": source}]
    reply = say(
        program,
        messages=[
            {"role": "user", "content": [text, {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}}]},
            {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "Hm."}, USED]},
            {
                "role": "user",
                "content": [
                    text,
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": shown},
                    {"type": "tool_result", "tool_use_id": "toolu_2", "content": "gone", "is_error": True},
                ],
            },
            {"role": "assistant", "content": "Yes"},
            {"role": "user", "content": [{"type": "document", "title": "a.pdf", "source": paper}]},
        ],
    )  # fmt: skip
    assert reply.status == 200
    asked = {"type": "text", "text": "What is it?"}
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    assert fake.asked[0].body["messages"] == [
        {"role": "user", "content": [asked, {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}]},
        {
            "role": "assistant", "content": "Hm.",
            "tool_calls": [{"id": "toolu_1", "type": "function", "function": {"name": "look_up", "arguments": '{"q": "x"}'}}],
        },
        {"role": "tool", "tool_call_id": "toolu_1", "content": "See"},
        {"role": "tool", "tool_call_id": "toolu_2", "content": "Error: gone"},
        {"role": "user", "content": [asked, picture]},
        {"role": "assistant", "content": "Yes"},
        {"role": "user", "content": [{"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,BBBB"}}]},
    ]  # fmt: skip


def test_structured_output_and_effort_are_asked_for(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "ok", provider=provider)
    shape = {"type": "object", "properties": {"answer": {"type": "string"}}}
    wanted = {"type": "json_schema", "schema": shape}
    told = say(program, output_config={"format": wanted, "effort": "high"}).json()
    assert json.loads(told["content"][0]["text"]) == {"answer": "yes"}
    sent = fake.asked[0].body
    assert sent["response_format"]["json_schema"] == {
        "name": "answer", "schema": shape, "strict": True,
    }  # fmt: skip
    assert sent["reasoning_effort"] == "high"
    for budget, effort in ((1024, "low"), (10_000, "medium"), (60_000, "high")):
        say(program, thinking={"type": "enabled", "budget_tokens": budget})
        assert fake.asked[-1].body["reasoning_effort"] == effort
        assert "thinking" not in fake.asked[-1].body


def test_reasons_to_stop(alice: User, provider: Provider, program: Program) -> None:
    for model, reason, text in (
        ("refuses", "refusal", "I cannot"),
        ("short", "max_tokens", "Hel"),
        ("ok", "end_turn", SAID),
    ):
        lead(alice, model, provider=provider)
        events = named_events_of(say(program, stream=True))
        assert events[-2]["delta"]["stop_reason"] == reason
        said = [each["delta"]["text"] for each in events if each["type"] == "content_block_delta"]
        assert "".join(said) == text
    assert "no AI model" in say(program, model="fast").json()["model"]


@pytest.mark.parametrize("model", ["think", "tool", "ok"])
def test_anthropic_is_passed_through(
    alice: User, native: Provider, program: Program, fake: FakeProvider, model: str
) -> None:
    lead(alice, model, provider=native)
    beta = {"anthropic_beta": "context-1m-2025-08-07", "anthropic_version": "2023-06-01"}
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    reply = say(program, beta, tools=tools, thinking={"type": "adaptive"}, unknown=1)
    assert reply.json()["id"] == "msg_of_upstream"
    assert (THOUGHT in reply.json()["content"]) == (model == "think")
    sent = fake.asked[0]
    assert (sent.path, sent.headers["x-api-key"]) == ("/v1/messages", SECRET)
    assert sent.headers["anthropic-beta"] == "context-1m-2025-08-07"
    assert "Authorization" not in sent.headers
    assert sent.body == {
        "model": model, **HELLO, "tools": tools, "thinking": {"type": "adaptive"}, "unknown": 1,
    }  # fmt: skip
    row = only_call()
    assert (row.endpoint, row.input_tokens, row.cached_tokens, row.output_tokens) == (
        "messages", 17, 4, 5,
    )  # fmt: skip
    assert not row.tokens_estimated


def test_its_stream_is_passed_through(
    alice: User, native: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "think", provider=native)
    events = named_events_of(say(program, stream=True))
    assert kinds(events) == ["message_start", "ping", *ONE, *ONE, "message_delta", "message_stop"]
    assert {"type": "signature_delta", "signature": "signed"} in [e.get("delta") for e in events]
    assert fake.asked[0].headers["anthropic-version"] == "2023-06-01"
    row = only_call()
    assert (row.status, row.input_tokens, row.output_tokens, row.tokens_estimated) == (
        "ok", 17, 5, False,
    )  # fmt: skip


@pytest.mark.parametrize("stream", [True, False])
def test_what_anthropic_writes_to_its_cache_costs_what_that_costs(
    alice: User, native: Provider, program: Program, stream: bool
) -> None:
    services.set_price(
        actor=alice, provider="claude", model="ok", input_usd=Decimal(1), output_usd=Decimal(0),
        cache_read_usd=Decimal(10), cache_write_usd=Decimal(100),
    )  # fmt: skip
    lead(alice, "ok", provider=native)
    assert say(program, stream=stream).status == 200
    assert only_call().cost_usd == Decimal(11 + 4 * 10 + 2 * 100) / 1_000_000


@pytest.mark.parametrize("speaks", [True, False])
def test_what_breaks_off_ends_with_an_error_in_its_form(
    alice: User, provider: Provider, native: Provider, program: Program, speaks: bool
) -> None:
    for model in ("cut", "overloaded" if speaks else "broken"):
        lead(alice, model, "ok", provider=native if speaks else provider)
        last = named_events_of(say(program, stream=True))[-1]
        assert (last["type"], last["error"]["type"]) == ("error", "overloaded_error")
        assert SECRET not in json.dumps(last)


def test_failing_targets_give_way_whatever_they_speak(
    alice: User, provider: Provider, native: Provider, program: Program
) -> None:
    route = lead(alice, "error-529", provider=native)
    targets = [("claude", "error-529"), ("fake", "garbage"), ("fake", "ok")]
    services.save_route(
        route, actor=alice, targets=[{"provider": slug, "model": model} for slug, model in targets]
    )
    for stream in (False, True):
        reply = say(program, stream=stream)
        assert (reply.status, reply.headers["x-auterity-attempts"]) == (200, "3")


def test_tokens_are_counted_by_anthropic_and_guessed_for_others(
    alice: User, provider: Provider, native: Provider, program: Program, fake: FakeProvider
) -> None:
    body = {"model": "default", "messages": HELLO["messages"]}
    lead(alice, "ok", provider=native)
    reply = program.post("messages/count_tokens", body)
    assert (reply.status, reply.json()) == (200, {"input_tokens": 42})
    assert fake.asked[0].path == "/v1/messages/count_tokens"
    assert (only_call().endpoint, only_call().input_tokens) == ("count_tokens", 0)
    lead(alice, "ok", provider=provider)
    reply = program.post("messages/count_tokens", body)
    assert reply.json()["input_tokens"] > 0
    assert reply.headers["x-auterity-estimated"] == "true"
    assert len(fake.asked) == 1


REFUSED: list[tuple[str, int, str]] = [
    ("error-400", 400, "invalid_request_error"),
    ("error-404", 404, "not_found_error"),
    ("error-429", 429, "rate_limit_error"),
    ("error-529", 503, "overloaded_error"),
    ("error-401", 503, "overloaded_error"),
]


@pytest.mark.parametrize(("model", "status", "kind"), REFUSED)
def test_refusals_of_providers_in_its_form(
    alice: User, native: Provider, program: Program, model: str, status: int, kind: str
) -> None:
    lead(alice, model, provider=native)
    error = error_of(say(program))
    assert (error["status"], error["type"]) == (status, kind)


UNABLE: list[dict[str, Any]] = [
    {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
    {"mcp_servers": [{"type": "url", "url": "https://x.test"}]},
    {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "f"}}]}]},
    {"messages": [{"role": "assistant", "content": [{"type": "server_tool_use"}]}]},
    {"messages": [{"role": "user", "content": [None]}]},
]  # fmt: skip


@pytest.mark.parametrize("wish", UNABLE)
def test_what_a_chat_cannot_say_is_refused(
    alice: User, provider: Provider, program: Program, wish: dict[str, Any]
) -> None:
    lead(alice, "ok", provider=provider)
    error = error_of(say(program, **wish))
    assert (error["status"], error["type"]) == (400, "invalid_request_error")
    assert "Messages" in error["message"]


BAD: list[dict[str, Any]] = [
    {"max_tokens": None}, {"max_tokens": 0}, {"max_tokens": True}, {"max_tokens": "9"},
    {"messages": []}, {"messages": "x"}, {"messages": ["x"]}, {"stream": 1.5},
    {"messages": [{"role": "system", "content": "x"}]}, {"messages": [{"role": "user"}]},
    {"messages": [{"role": "user", "content": "x"}] * 10_001}, {"model": 7},
]  # fmt: skip


@pytest.mark.parametrize("wrong", BAD)
def test_what_is_refused_at_once(program: Program, wrong: dict[str, Any]) -> None:
    error = error_of(say(program, **wrong))
    assert (error["status"], error["type"]) == (400, "invalid_request_error")


def test_keys_models_and_hosts_that_are_none(alice: User, program: Program) -> None:
    key = key_of(alice)
    call = Caller()
    body = {"model": "default", **HELLO}
    assert call("/v1/messages", body, x_api_key=key).status == 200
    error = error_of(call("/v1/messages", body, x_api_key=f"{key}x"))
    assert (error["status"], error["type"]) == (401, "authentication_error")
    error = error_of(say(program, model="nowhere"))
    assert (error["status"], error["type"]) == (404, "not_found_error")
    nowhere = Caller("nobody.localhost")("/v1/messages", body, x_api_key=key).json()
    assert (nowhere["type"], nowhere["error"]["type"]) == ("error", "not_found_error")


def test_whoever_leaves_ends_the_call(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "stalls", provider=provider)
    program.leave("default", lambda heard: b"Hello" in heard, path="messages", **HELLO)
    assert fake.left.wait(5)
    row = only_call()
    assert (row.status, row.endpoint, row.output_tokens) == ("cancelled", "messages", 2)
