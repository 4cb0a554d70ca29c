"""/v1 as programs see it: answers passed on byte by byte, and one row for each call."""

import json
from decimal import Decimal
from typing import Any

import pytest

from apps.accounts.models import User
from apps.accounts.services import revoke_api_key, set_active
from apps.gateway import services
from apps.gateway.ledger import journal
from apps.gateway.models import LlmCall, ModelRoute, Provider
from tests.factories.callers import Caller, Reply
from tests.fakeai.chat import WORDS
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import connect, lead
from tests.gateway.programs import Program, error_of, events_of, key_of, only_call, text_of

pytestmark = pytest.mark.django_db(transaction=True)
USAGE: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    return connect(fake, alice)


@pytest.fixture
def program(alice: User) -> Program:
    return Program(key_of(alice))


def test_an_answer_is_passed_on_and_written_down(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    services.set_price(
        actor=alice, provider="fake", model="o*", input_usd=Decimal(3), output_usd=Decimal(15)
    )
    lead(alice, "ok", provider=provider)
    reply = program.chat(temperature=0.5, unknown_parameter={"kept": True})
    assert reply.status == 200
    assert reply.json()["choices"][0]["message"]["content"] == "".join(WORDS)
    headers = reply.headers
    assert headers["x-auterity-route"] == "default@2"
    assert (headers["x-auterity-provider"], headers["x-auterity-model"]) == ("fake", "ok")
    assert (headers["x-auterity-cost-usd"], headers["x-auterity-cache"]) == ("0.006", "miss")
    assert headers["x-content-type-options"] == "nosniff"
    sent = fake.asked[0].body
    assert (sent["model"], sent["unknown_parameter"]) == ("ok", {"kept": True})
    assert "stream" not in sent
    row = only_call()
    assert (row.status, row.route, row.endpoint, row.streamed) == ("ok", "default", "chat", False)
    assert (row.user_id, row.cost_usd) == (alice.pk, Decimal("0.006"))
    assert (row.input_tokens, row.cached_tokens) == (1000, 400)
    assert (row.output_tokens, row.reasoning_tokens) == (200, 50)
    assert row.key_id is not None
    assert row.request_id == headers["x-request-id"]


def test_a_stream_shows_usage_only_to_those_who_ask(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "ok", provider=provider)
    told = events_of(program.chat(**USAGE))
    assert text_of(told) == "".join(WORDS)
    assert told[-1] == "[DONE]"
    assert (told[-2]["choices"], told[-2]["usage"]["total_tokens"]) == ([], 1200)
    assert {each["id"] for each in told[:-1]} == {"chatcmpl-1"}
    reply = program.chat(stream=True)
    assert reply.headers["content-type"].startswith("text/event-stream")
    plain = events_of(reply)
    assert plain == [*told[:-2], "[DONE]"]
    assert all(each.body["stream_options"]["include_usage"] for each in fake.asked)
    assert journal.written().result(30)
    rows = LlmCall.objects.filter(input_tokens=1000, tokens_estimated=False, streamed=True)
    assert rows.count() == 2
    assert all(row.ttft_ms is not None for row in rows)


def test_usage_inside_of_the_last_part_is_counted_and_stays(
    alice: User, provider: Provider, program: Program
) -> None:
    lead(alice, "usage-inside", provider=provider)
    events = events_of(program.chat(stream=True))
    assert events[-2]["choices"][0]["finish_reason"] == "stop"
    assert only_call().input_tokens == 1000


def test_a_server_that_ends_without_done_or_answers_at_once_is_put_right(
    alice: User, provider: Provider, program: Program
) -> None:
    for model in ("no-done", "whole"):
        lead(alice, model, provider=provider)
        events = events_of(program.chat(stream=True))
        assert text_of(events) == "".join(WORDS)
        assert events[-1] == "[DONE]"


def test_tools_keep_index_id_name_and_fragments(
    alice: User, provider: Provider, program: Program
) -> None:
    lead(alice, "tools", provider=provider)
    events = events_of(program.chat(stream=True, tools=[{"type": "function"}]))
    calls = [
        part for each in events[:-1] for part in each["choices"][0]["delta"].get("tool_calls", ())
    ]
    names = [(c["index"], c["function"]["name"]) for c in calls if "name" in c["function"]]
    assert names == [(0, "look_up"), (1, "add")]
    assert len({c["id"] for c in calls if "id" in c}) == 2
    arguments = ["", ""]
    for call in calls:
        arguments[call["index"]] += call["function"]["arguments"]
    assert [json.loads(text) for text in arguments] == [{"q": "x"}, {"a": 1, "b": 2}]


def test_the_next_target_answers_before_the_first_word(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    models = ("error-500", "garbage", "early", "error-429", "html", "ok")
    lead(alice, *models, provider=provider)
    for stream, attempts in ((True, "6"), (False, "5")):  # the busy one is left alone for a while
        reply = program.chat(stream=stream)
        assert reply.status == 200
        assert reply.headers["x-auterity-model"] == "ok"
        assert reply.headers["x-auterity-attempts"] == attempts
        fake.asked.clear()


def test_a_stream_that_breaks_off_ends_with_an_error_and_without_done(
    alice: User, provider: Provider, program: Program
) -> None:
    for model in ("broken", "cut"):
        lead(alice, model, "ok", provider=provider)
        events = events_of(program.chat(stream=True))
        assert events[0]["choices"][0]["delta"] == {"content": "Hello"}
        assert events[-1]["error"]["code"] == "answer_cut"
        assert SECRET not in json.dumps(events)
    assert journal.written().result(30)
    rows = LlmCall.objects.filter(status="error", error_code="answer_cut", tokens_estimated=True)
    assert [row.output_tokens for row in rows] == [2, 2]


def test_whoever_leaves_ends_the_call_and_it_is_written_down(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "stalls", provider=provider)
    program.leave("default", lambda heard: b"Hello" in heard)
    assert fake.left.wait(5)
    row = only_call()
    assert (row.status, row.error_code, row.output_tokens) == ("cancelled", "", 2)


def test_an_answer_that_no_header_can_hold(
    alice: User, provider: Provider, program: Program
) -> None:
    route = ModelRoute.objects.get(alias="default")
    target = {"provider": "fake", "model": "x\r\nset-cookie: a=b é"}
    services.save_route(route, actor=alice, targets=[target])
    reply = program.chat()
    assert reply.status == 200
    assert "set-cookie" not in reply.headers
    assert "\n" not in reply.headers["x-auterity-model"]


def test_the_built_in_provider_answers_and_says_what_it_is(program: Program) -> None:
    whole = program.chat("fast").json()
    assert "no AI model" in whole["model"]
    events = events_of(program.chat("fast", **USAGE))
    assert text_of(events) == whole["choices"][0]["message"]["content"]
    assert events[-2]["usage"] == whole["usage"]
    shape = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": shape}}
    made = program.chat("fast", response_format=wanted).json()
    assert set(json.loads(made["choices"][0]["message"]["content"])) == {"name"}
    reply = program.post("embeddings", {"model": "fast", "input": "Hello"})
    assert (reply.status, error_of(reply)["code"]) == (400, "not_offered")
    reply = program.chat("fast", tool_choice="required")
    assert (reply.status, error_of(reply)["code"]) == (400, "builtin_cannot")


VECTOR = [0.5] * 4
BASE64 = "AAAAPwAAAD8AAAA/AAAAPw=="


@pytest.mark.parametrize("model", ["vectors", "floats"])
def test_embeddings_come_in_the_encoding_that_was_asked_for(
    alice: User, provider: Provider, program: Program, fake: FakeProvider, model: str
) -> None:
    lead(alice, model, provider=provider)
    cases: list[tuple[Any, Any, Any]] = [
        ("a text", None, [VECTOR]),
        (["a", "b"], "float", [VECTOR, [1.5] * 4]),
        ([1, 2, 3], "base64", [BASE64]),
        ([[1, 2], [3]], "float", [VECTOR, [1.5] * 4]),
    ]
    for given, encoding, wanted in cases:
        more = {"encoding_format": encoding} if encoding else {}
        reply = program.post("embeddings", {"model": "default", "input": given, **more})
        assert [each["embedding"] for each in reply.json()["data"]] == wanted
        assert fake.asked[-1].body["input"] == given
    assert journal.written().result(30)
    rows = LlmCall.objects.all()
    assert {(row.endpoint, row.input_tokens, row.tokens_estimated) for row in rows} == {
        ("embeddings", 8, False)
    }


@pytest.mark.parametrize("given", [None, "", [], [""], [1, "a"], [[]], [-1], {"a": 1}])
def test_what_cannot_be_embedded(program: Program, given: Any) -> None:
    reply = program.post("embeddings", {"model": "default", "input": given})
    assert (reply.status, error_of(reply)["param"]) == (400, "input")


def test_models_are_those_that_the_key_may_name(
    alice: User, provider: Provider, program: Program
) -> None:
    lead(alice, "ok", provider=provider, alias="mine")
    listed = program.get("models").json()["data"]
    assert [each["id"] for each in listed] == ["default", "fast", "large", "mine"]
    assert program.get("models/mine").json()["id"] == "mine"
    assert program.get("models/fake/ok").status == 404
    owner = Program(key_of(alice, "owner"))
    assert owner.get("models/fake/ok").json()["owned_by"] == "fake"
    assert owner.chat("fake/ok").status == 200
    reply = program.chat("fake/ok")
    assert (reply.status, error_of(reply)["code"]) == (404, "model_not_found")


REFUSED: list[tuple[str, int, str, str]] = [
    ("error-400", 400, "test", "test"),
    ("error-401", 503, "server_error", "key_refused"),
    ("error-404", 404, "invalid_request_error", "test"),
    ("error-408", 504, "server_error", "provider_timeout"),
    ("error-413", 413, "test", "test"),
    ("error-429", 429, "requests", "rate_limit_exceeded"),
    ("error-500", 503, "server_error", "provider_failed"),
    ("too-long", 400, "test", "context_length_exceeded"),
    ("no-quota", 429, "insufficient_quota", "insufficient_quota"),
    ("garbage", 503, "server_error", "provider_garbage"),
]


@pytest.mark.parametrize(("model", "status", "kind", "code"), REFUSED)
def test_refusals_of_providers_are_told_as_clients_know_them(
    alice: User, provider: Provider, program: Program, model: str, status: int, kind: str, code: str
) -> None:
    lead(alice, model, provider=provider)
    for stream in (False, True):
        reply = program.chat(stream=stream)
        error = error_of(reply)
        if model == "error-401" and stream:  # its key is disabled by now
            assert (reply.status, error["code"]) == (503, "no_usable_target")
            continue
        assert (reply.status, error["type"], error["code"]) == (status, kind, code)
        assert SECRET not in reply.body.decode()
        assert reply.headers.get("retry-after") == ("7" if model == "error-429" else None)


BAD: list[tuple[Any, int, str]] = [
    (b"{not json", 400, "invalid_json"),
    (b"[]", 400, "invalid_json"),
    (b'{"model": "default", "messages": NaN}', 400, "invalid_json"),
    (b"[" * 5000 + b"]" * 5000, 400, "invalid_json"),
    (b'{"a":' * 70 + b"1" + b"}" * 70, 400, "invalid_json"),
    ({"messages": []}, 400, "missing_required_parameter"),
    ({"model": 7}, 400, "missing_required_parameter"),
    ({"model": "default"}, 400, "invalid_type"),
    ({"model": "default", "messages": ["x"]}, 400, "invalid_value"),
    ({"model": "default", "messages": [{"role": "user"}], "stream": "yes"}, 400, "invalid_type"),
    ({"model": "nowhere", "messages": [{"role": "user"}]}, 404, "model_not_found"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD)
def test_requests_that_make_no_sense(program: Program, body: Any, status: int, code: str) -> None:
    reply = program.post("chat/completions", body)
    assert (reply.status, error_of(reply)["code"]) == (status, code)
    assert not LlmCall.objects.exists()


def test_a_body_that_is_too_large_is_not_read(program: Program) -> None:
    reply = program.post("chat/completions", b"{}", content_length=str(33 << 20))
    assert (reply.status, error_of(reply)["code"]) == (413, "too_large")
    assert reply.headers["connection"] == "close"


def test_addresses_that_are_none(program: Program) -> None:
    assert error_of(program.post("completion", {}))["code"] == "unknown_url"
    reply = program.get("chat/completions")
    assert (reply.status, reply.headers["allow"]) == (405, "POST")


def refused(**headers: str) -> Reply:
    return Caller()("/v1/models", method="GET", **headers)


def test_keys_that_are_none_are_refused_alike(alice: User, program: Program) -> None:
    right = key_of(alice)
    wrong = right[:-1] + ("a" if right[-1] != "a" else "b")
    for text in ("", "sk-123", wrong, f"aut_abcdefgh_{'x' * 43}"):
        reply = refused(authorization=f"Bearer {text}")
        error = error_of(reply)
        assert (reply.status, error["code"]) == (401, "invalid_api_key")
        assert text not in error["message"] or not text
        assert reply.headers["www-authenticate"]
    assert refused().status == 401
    assert refused(x_api_key=right).status == 200
    assert refused(authorization=f"bearer {right}").status == 200


def test_a_key_stops_with_its_revocation_its_user_and_its_role(alice: User, bob: User) -> None:
    key_text = key_of(bob)
    assert Program(key_text).get("models").status == 200
    set_active(bob, active=False, actor=alice)
    assert Program(key_text).get("models").status == 401
    set_active(bob, active=True, actor=alice)
    assert Program(key_text).get("models").status == 200
    revoke_api_key(bob.api_keys.get(), actor=alice)
    assert Program(key_text).get("models").status == 401
    reply = Program(key_of(alice, "viewer")).get("models")
    assert (reply.status, error_of(reply)["type"]) == (403, "permission_error")
