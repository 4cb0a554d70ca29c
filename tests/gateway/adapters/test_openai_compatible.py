"""The fast path against a real server: words as they come, and every way to fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.gateway.calls import Patience, Upstream
from apps.gateway.exceptions import (
    AddressDenied,
    AnswerCut,
    GatewayError,
    KeyRefused,
    NotAnAnswer,
    ProviderBusy,
    ProviderFailed,
    ProviderRejected,
    ProviderTimedOut,
    ProviderUnreachable,
)
from apps.gateway.usage import Usage
from tests.fakeai.chat import WORDS
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import call

HASTY = Patience(first_token_s=0.3, between_s=0.3, total_s=5)


def upstream(fake: FakeProvider, model: str = "ok", **more: object) -> Upstream:
    fields = {"capabilities": ("json_schema",), "patience": HASTY, **more}
    return Upstream("fake", "openai_compatible", model, fake.url, key=SECRET, **fields)  # type: ignore[arg-type]


def test_words_come_one_by_one_and_usage_is_counted(fake: FakeProvider) -> None:
    heard: list[str] = []
    reply = call(upstream(fake), heard, idempotency_key="step-1")
    assert (heard, reply.text) == (list(WORDS), "".join(WORDS))
    assert reply.usage == Usage(1000, 200, cached=400, reasoning=50)
    asked = fake.asked[0]
    assert asked.headers["Authorization"] == f"Bearer {SECRET}"
    assert asked.headers["Idempotency-Key"] == "step-1"
    assert asked.body["stream_options"] == {"include_usage": True}


def test_an_answer_in_one_piece_and_one_without_usage(fake: FakeProvider) -> None:
    assert call(upstream(fake, "whole")).text == "".join(WORDS)
    reply = call(upstream(fake, "no-usage"))
    assert (reply.usage.estimated, reply.usage.output) == (True, 5)


def test_json_is_asked_for_in_the_way_that_is_understood(fake: FakeProvider) -> None:
    schema = {"type": "object", "properties": {"answer": {"type": "string"}}}
    assert call(upstream(fake), json_schema=schema).text == '{"answer": "yes"}'
    call(upstream(fake, capabilities=("json_object",)), json_schema=schema)
    call(upstream(fake, capabilities=()), json_schema=schema)
    formats = [each.body.get("response_format", {}).get("type") for each in fake.asked]
    assert formats == ["json_schema", "json_object", None]
    assert all("JSON Schema" in each.body["messages"][0]["content"] for each in fake.asked[1:])


def test_parameters_of_the_route_win_and_null_removes(fake: FakeProvider) -> None:
    params = {"temperature": None, "top_p": 0.5}
    call(upstream(fake, params=params), temperature=1.0, max_tokens=9)
    body = fake.asked[0].body
    assert "temperature" not in body
    assert (body["top_p"], body["max_tokens"]) == (0.5, 9)


@pytest.mark.parametrize(
    ("model", "error", "retryable"),
    [
        ("error-401", KeyRefused, False),
        ("error-400", ProviderRejected, False),
        ("error-404", ProviderRejected, False),
        ("error-408", ProviderTimedOut, True),
        ("error-429", ProviderBusy, True),
        ("error-500", ProviderFailed, True),
        ("error-503", ProviderFailed, True),
        ("error-302", NotAnAnswer, False),
        ("garbage", NotAnAnswer, False),
        ("html", NotAnAnswer, False),
        ("tool", NotAnAnswer, False),
        ("silent", ProviderTimedOut, True),
        ("mute", ProviderTimedOut, True),
        ("stalls", ProviderTimedOut, True),
        ("cut", AnswerCut, True),
        ("broken", AnswerCut, True),
    ],
)
def test_each_failure_has_its_words(
    fake: FakeProvider, model: str, error: type[GatewayError], retryable: bool
) -> None:
    with pytest.raises(error) as caught:
        call(upstream(fake, model))
    assert caught.value.retryable is retryable
    assert caught.value.message
    assert caught.value.hint
    assert SECRET not in caught.value.message  # the fake repeats the key in its errors
    assert caught.value.retry_after == (7 if model == "error-429" else None)


@pytest.mark.parametrize("model", ["silent", "mute"])
def test_whoever_takes_a_call_and_says_nothing_gives_way_to_the_next(
    fake: FakeProvider, model: str
) -> None:
    with pytest.raises(ProviderTimedOut, match=r"said nothing within 0.3 s"):
        call(upstream(fake, model))
    assert call(upstream(fake, model), then=upstream(fake)).model == "ok"


def test_nobody_there_and_an_address_that_may_not_be_reached(
    fake: FakeProvider, settings: Settings
) -> None:
    settings.EGRESS_ALLOW = [*settings.EGRESS_ALLOW, "http://127.0.0.1:9"]
    with pytest.raises(ProviderUnreachable):
        call(Upstream("fake", "openai_compatible", "ok", "http://127.0.0.1:9/v1"))
    settings.EGRESS_ALLOW = []
    with pytest.raises(AddressDenied):
        call(upstream(fake))
    assert fake.asked == []


LAZY = """
import sys
import django
django.setup()
assert "litellm" not in sys.modules, "after setup"
from django.conf import settings
settings.EGRESS_ALLOW = [{origin!r}]
from apps.gateway.calls import Upstream
from tests.gateway.calling import call
assert call(Upstream("fake", "openai_compatible", "ok", {url!r})).text
assert not {{"litellm", "httpx"}} & set(sys.modules), "after a call"
"""


def test_litellm_is_not_loaded_by_the_fast_path(fake: FakeProvider) -> None:
    code = LAZY.format(origin=fake.origin, url=fake.url)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "auterity.settings.test"}
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
