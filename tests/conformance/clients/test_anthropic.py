"""anthropic-python, as it is installed, against the product."""

import base64
from collections.abc import Iterator

import anthropic
import pytest
from anthropic import Anthropic
from anthropic.types import MessageParam, ToolParam

from tests.conformance.clients.conftest import Gateway, Yes, is_wish
from tests.fakeai.chat import WORDS
from tests.fakeai.messages import THOUGHT

pytestmark = pytest.mark.xdist_group("clients")
SAID = "".join(WORDS)
HELLO: list[MessageParam] = [{"role": "user", "content": "Say hello"}]
TOOL: ToolParam = {"name": "look_up", "input_schema": {"type": "object"}}
# A chat in another protocol, and Anthropic itself.
BOTH = pytest.mark.parametrize("provider", ["fake", "claude"])


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Anthropic]:
    with Anthropic(base_url=gateway.origin, api_key=gateway.key, max_retries=0) as made:
        yield made


@BOTH
def test_a_message(client: Anthropic, provider: str) -> None:
    told = client.messages.create(model=f"{provider}/ok", max_tokens=50, messages=HELLO)
    assert told.content[0].type == "text"
    assert (told.content[0].text, told.stop_reason) == (SAID, "end_turn")
    assert told.usage.output_tokens == {"fake": 200, "claude": 5}[provider]
    assert told._request_id


@BOTH
def test_a_stream_is_put_together(client: Anthropic, provider: str) -> None:
    with client.messages.stream(
        model=f"{provider}/ok", max_tokens=50, messages=HELLO, system="Be kind."
    ) as stream:
        assert "".join(stream.text_stream) == SAID
        final = stream.get_final_message()
    assert final.stop_reason == "end_turn"
    assert final.usage.output_tokens == {"fake": 200, "claude": 5}[provider]
    assert final.usage.input_tokens == {"fake": 600, "claude": 11}[provider]


@BOTH
def test_tools_come_whole_and_in_a_stream(client: Anthropic, provider: str) -> None:
    model = f"{provider}/tool"
    told = client.messages.create(model=model, max_tokens=50, messages=HELLO, tools=[TOOL])
    with client.messages.stream(model=model, max_tokens=50, messages=HELLO, tools=[TOOL]) as stream:
        streamed = stream.get_final_message()
    for message in (told, streamed):
        [call] = message.content
        assert call.type == "tool_use"
        assert (call.name, call.input, message.stop_reason) == ("look_up", {"q": "x"}, "tool_use")


def test_tools_go_round(client: Anthropic) -> None:
    model = "fake/tool-once"
    first = client.messages.create(model=model, max_tokens=50, messages=HELLO, tools=[TOOL])
    [call] = first.content
    assert call.type == "tool_use"
    second = client.messages.create(
        model=model, max_tokens=50, tools=[TOOL],
        messages=[
            *HELLO,
            {"role": "assistant", "content": first.content},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "found"}]},
        ],
    )  # fmt: skip
    assert [each.type for each in second.content] == ["text"]


def test_structured_output_is_parsed(client: Anthropic, gateway: Gateway) -> None:
    told = client.messages.parse(model="fake/ok", max_tokens=50, messages=HELLO, output_format=Yes)
    assert told.parsed_output == Yes(answer="yes")
    wished = {"type": "json_schema", "schema": Yes.model_json_schema()}
    client.messages.create(
        model="claude/ok", max_tokens=50, messages=HELLO, extra_body={"output_config": {"format": wished}}
    )  # fmt: skip
    assert gateway.fake.asked[-1].body["output_config"] == {"format": wished}


def test_thoughts_come_signed_from_anthropic(client: Anthropic) -> None:
    with client.messages.stream(
        model="claude/think", max_tokens=4000, messages=HELLO,
        thinking={"type": "enabled", "budget_tokens": 2000},
    ) as stream:  # fmt: skip
        thought, words = stream.get_final_message().content
    assert thought.type == "thinking"
    assert (thought.thinking, thought.signature) == (THOUGHT["thinking"], THOUGHT["signature"])
    assert words.type == "text"


def test_thoughts_of_others_come_where_they_are_wished(client: Anthropic) -> None:
    told = client.messages.create(
        model="fake/reason", max_tokens=4000, messages=HELLO,
        thinking={"type": "enabled", "budget_tokens": 2000},
    )  # fmt: skip
    assert [each.type for each in told.content] == ["thinking", "text"]
    plain = client.messages.create(model="fake/reason", max_tokens=50, messages=HELLO)
    assert [each.type for each in plain.content] == ["text"]


def test_images_reach_the_model(client: Anthropic) -> None:
    data = base64.b64encode(b"a picture").decode()
    told = client.messages.create(
        model="fake/echo", max_tokens=50,
        messages=[
            {"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}]}
        ],
    )  # fmt: skip
    assert told.content[0].type == "text"
    assert f"data:image/png;base64,{data}" in told.content[0].text


@BOTH
def test_tokens_are_counted(client: Anthropic, provider: str) -> None:
    counted = client.messages.count_tokens(model=f"{provider}/ok", messages=HELLO)
    assert (counted.input_tokens == 42) == (provider == "claude")
    assert counted.input_tokens > 0


REFUSALS: list[tuple[str, type[anthropic.APIStatusError], str]] = [
    ("nowhere", anthropic.NotFoundError, "not_found_error"),
    ("fake/too-long", anthropic.BadRequestError, "invalid_request_error"),
    ("fake/error-429", anthropic.RateLimitError, "rate_limit_error"),
    ("claude/error-400", anthropic.BadRequestError, "invalid_request_error"),
    ("claude/error-529", anthropic.InternalServerError, "overloaded_error"),
]


@pytest.mark.parametrize(("model", "kind", "name"), REFUSALS)
def test_errors_are_those_that_it_knows(
    client: Anthropic, model: str, kind: type[anthropic.APIStatusError], name: str
) -> None:
    with pytest.raises(kind) as caught:
        client.messages.create(model=model, max_tokens=50, messages=HELLO)
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["error"]["type"] == name
    assert caught.value.request_id
    assert is_wish(caught.value.response.headers.get("retry-after"), of=name)


def test_a_wrong_key(gateway: Gateway) -> None:
    with (
        Anthropic(base_url=gateway.origin, api_key="sk-ant-wrong") as stranger,
        pytest.raises(anthropic.AuthenticationError),
    ):
        stranger.messages.create(model="fake/ok", max_tokens=50, messages=HELLO)


@pytest.mark.parametrize("model", ["fake/broken:anthropic", "claude/overloaded"])
def test_a_stream_that_breaks_off_raises(client: Anthropic, model: str) -> None:
    stream = client.messages.create(model=model, max_tokens=50, messages=HELLO, stream=True)
    with pytest.raises(anthropic.APIStatusError, match="verloaded"):
        list(stream)


def test_whoever_leaves_ends_the_call_upstream(client: Anthropic, gateway: Gateway) -> None:
    stream = client.messages.create(model="fake/stalls", max_tokens=50, messages=HELLO, stream=True)
    assert next(stream).type == "message_start"
    client.close()
    assert gateway.fake.left.wait(10)
