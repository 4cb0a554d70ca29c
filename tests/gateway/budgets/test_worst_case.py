"""What a call may cost at most is told from what providers read, however it is written."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.gateway.asks import Ask
from apps.gateway.budgets.estimates import MOST_OF_FILE, MOST_OF_IMAGE, most_tokens
from apps.gateway.models import Provider
from apps.gateway.services import set_price
from tests.fakeai.server import FakeProvider
from tests.gateway.budgets.spending import usd, workspace_budget
from tests.gateway.calling import connect, lead
from tests.gateway.programs import Program, error_of, key_of

LONG = "data:" + "x " * 400_000
PICTURE = "data:image/png;base64," + "A" * 400_000
FILE = {
    "type": "file",
    "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"},
}


def chat(*parts: Any) -> dict[str, Any]:
    """Return the body of a chat with one turn of these parts."""
    return {"messages": [{"role": "user", "content": list(parts)}]}


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"role": "user", "content": LONG}]},
        {"input": LONG},
        {"input": [LONG]},
        {"messages": [{"type": "image", "role": "user", "content": LONG}]},
        {"tools": [{"type": "image_url", "image_url": {"url": LONG}}]},
        {"system": [{"type": "input_image", "image_url": LONG}]},
        chat({"type": "text", "text": LONG}),
        chat({"type": "image_url", "text": LONG}),
        chat({"type": ["image"], "source": LONG}),
        chat({"type": "document", "source": {"type": "text", "data": LONG}}),
    ],
)
def test_a_text_costs_as_much_as_it_is_long_whatever_it_begins_with(body: dict[str, Any]) -> None:
    assert most_tokens(body) >= len(LONG)


@pytest.mark.parametrize(
    "picture",
    [
        {"type": "image_url", "image_url": {"url": PICTURE, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://pictures.example/1"}},
        {"type": "input_image", "image_url": PICTURE},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}},
        {"type": "tool_result", "content": [{"type": "image", "source": {"type": "url", "url": "https://x"}}]},
    ],
)  # fmt: skip
def test_a_picture_costs_what_pictures_do(picture: dict[str, Any]) -> None:
    assert MOST_OF_IMAGE < most_tokens(chat(picture)) < MOST_OF_IMAGE + 500
    assert 800 < Ask("x", chat(picture)).input_tokens() < 900


@pytest.mark.parametrize(
    "file",
    [
        FILE,
        {"type": "input_file", "file_url": "https://files.example/1"},
        {"type": "document", "source": {"type": "base64", "data": "AA"}},
        {"type": "video_url", "video_url": {"url": "https://videos.example/1"}},
    ],
)
def test_of_a_file_nobody_can_tell_how_much_it_is(file: dict[str, Any]) -> None:
    assert most_tokens(chat(file)) > MOST_OF_FILE


def test_of_a_prompt_that_the_provider_keeps_neither() -> None:
    assert most_tokens({"input": "Hi", "prompt": {"id": "pmpt_1"}}) > MOST_OF_FILE
    assert most_tokens({"prompt": "Say hello"}) < 50


def test_half_a_sign_is_counted_too() -> None:
    assert most_tokens({"input": "\ud800"}) > 3


@pytest.mark.parametrize(
    ("wanted", "counted"),
    [(None, 1), (1, 1), (3, 3), (0, 1), (10**6, 128), (100.0, 128), ("100", 128), (True, 128)],
)
def test_how_many_answers_are_wanted_is_not_taken_for_one(wanted: Any, counted: int) -> None:
    assert Ask("x", {"n": wanted}).most_choices == counted


@pytest.fixture
def program(alice: User, fake: FakeProvider) -> Program:
    """A program whose workspace has a dollar, and a model that costs $3 and $15 a million."""
    provider: Provider = connect(fake, alice)
    set_price(actor=alice, provider="fake", model="*", input_usd=usd(3), output_usd=usd(15))
    lead(alice, "ok", provider=provider)
    workspace_budget(alice, 1)
    return Program(key_of(alice))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "body",
    [{"messages": [{"role": "user", "content": LONG}]}, chat(FILE), {"n": 100, "max_tokens": 4000}],
)
def test_a_call_that_may_cost_more_than_is_left_is_not_made(
    program: Program, fake: FakeProvider, body: dict[str, Any]
) -> None:
    reply = program.chat(**body)
    assert (reply.status, error_of(reply)["code"]) == (429, "insufficient_quota")
    assert not fake.asked


@pytest.mark.django_db(transaction=True)
def test_half_a_sign_is_answered(program: Program) -> None:
    assert program.chat(messages=[{"role": "user", "content": "\ud800"}]).status == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["chat/completions", "responses", "messages"])
@pytest.mark.parametrize(
    ("name", "value"),
    [("n", 100.0), ("n", "100"), ("n", True), ("max_tokens", 1e5), ("max_completion_tokens", "9"),
     ("max_output_tokens", -1), ("max_tokens", 0)],
)  # fmt: skip
def test_a_count_that_is_no_whole_number_is_refused(
    program: Program, fake: FakeProvider, path: str, name: str, value: Any
) -> None:
    turns = [{"role": "user", "content": "Hi"}]
    body = {"model": "default", "messages": turns, "input": "Hi", "max_tokens": 5, name: value}
    reply = program.post(path, body)
    assert reply.status == 400, reply.body
    assert not fake.asked


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["chat/completions", "responses", "messages"])
@pytest.mark.parametrize("name", ["models", "fallbacks", "user_config"])
def test_no_model_is_asked_beside_the_one_that_is_named(
    program: Program, fake: FakeProvider, path: str, name: str
) -> None:
    turns = [{"role": "user", "content": "Hi"}]
    body = {"model": "default", "messages": turns, "input": "Hi", "max_tokens": 5}
    reply = program.post(path, {**body, name: ["dear/model"]})
    assert (reply.status, b"Name one model" in reply.body) == (400, True), reply.body
    assert not fake.asked
    assert program.post(path, {**body, name: []}).status == 200
