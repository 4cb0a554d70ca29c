"""openai-python, as it is installed, against the product."""

import base64
from collections.abc import Callable, Iterator

import httpx
import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from openai.types.responses import FunctionToolParam

from tests.conformance.clients.conftest import Gateway, Yes, is_wish
from tests.fakeai.chat import WORDS

pytestmark = pytest.mark.xdist_group("clients")
SAID = "".join(WORDS)
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Say hello"}]
SHAPE: dict[str, object] = {"type": "object", "properties": {"q": {"type": "string"}}}
TOOL: ChatCompletionToolParam = {
    "type": "function", "function": {"name": "look_up", "parameters": SHAPE},
}  # fmt: skip
FUNCTION: FunctionToolParam = {
    "type": "function", "name": "look_up", "parameters": SHAPE, "strict": False,
}  # fmt: skip


@pytest.fixture
def client(gateway: Gateway) -> Iterator[OpenAI]:
    with OpenAI(base_url=gateway.url, api_key=gateway.key, max_retries=0) as made:
        yield made


def test_chat(client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="fake/ok", messages=HELLO)
    told = raw.parse()
    assert told.choices[0].message.content == SAID
    assert told.usage is not None
    assert (told.usage.prompt_tokens, told.usage.completion_tokens) == (1000, 200)
    assert raw.headers["x-request-id"] == raw.request_id
    assert raw.headers["x-auterity-provider"] == "fake"


def test_a_stream_with_and_without_usage(client: OpenAI) -> None:
    plain = list(client.chat.completions.create(model="fake/ok", messages=HELLO, stream=True))
    assert all(part.choices and part.usage is None for part in plain)
    assert "".join(part.choices[0].delta.content or "" for part in plain) == SAID
    counted = list(
        client.chat.completions.create(
            model="fake/ok", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    assert (counted[-1].choices, len(counted)) == ([], len(plain) + 1)
    assert counted[-1].usage is not None
    assert counted[-1].usage.total_tokens == 1200


def test_tools_come_whole_and_put_together_of_a_stream(client: OpenAI) -> None:
    told = client.chat.completions.create(model="fake/tool", messages=HELLO, tools=[TOOL])
    [call] = told.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert (call.function.name, call.function.arguments) == ("look_up", '{"q": "x"}')
    with client.chat.completions.stream(model="fake/tools", messages=HELLO, tools=[TOOL]) as stream:
        message = stream.get_final_completion().choices[0].message
    calls = message.tool_calls or []
    assert [each.function.arguments for each in calls] == ['{"q": "x"}', '{"a": 1, "b": 2}']


def test_structured_output_is_parsed(client: OpenAI) -> None:
    told = client.chat.completions.parse(model="fake/ok", messages=HELLO, response_format=Yes)
    assert told.choices[0].message.parsed == Yes(answer="yes")


def test_images_reach_the_model(client: OpenAI) -> None:
    url = "data:image/png;base64," + base64.b64encode(b"a picture").decode()
    told = client.chat.completions.create(
        model="fake/echo",
        messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}],
    )
    assert url in (told.choices[0].message.content or "")


def test_embeddings_of_texts_and_of_tokens(client: OpenAI, gateway: Gateway) -> None:
    told = client.embeddings.create(model="fake/vectors", input=["a", "b"])
    assert [each.embedding for each in told.data] == [[0.5] * 4, [1.5] * 4]
    assert gateway.fake.asked[-1].body["encoding_format"] == "base64"
    told = client.embeddings.create(
        model="fake/vectors", input=[[1, 2], [3]], encoding_format="float"
    )
    assert [each.embedding for each in told.data] == [[0.5] * 4, [1.5] * 4]
    assert gateway.fake.asked[-1].body["input"] == [[1, 2], [3]]
    assert (
        client.embeddings.create(model="fake/floats", input=[1, 2]).data[0].embedding == [0.5] * 4
    )


def test_models_and_moderations(client: OpenAI) -> None:
    assert {"default", "fast"} <= {each.id for each in client.models.list()}
    assert client.models.retrieve("default").owned_by == "auterity"
    told = client.moderations.create(model="fake/ok", input=["Fine", "bad"])
    assert [each.flagged for each in told.results] == [False, True]


def test_unknown_parameters_are_forwarded(client: OpenAI, gateway: Gateway) -> None:
    client.chat.completions.create(model="fake/ok", messages=HELLO, extra_body={"new": [1]})
    assert gateway.fake.asked[-1].body["new"] == [1]


REFUSALS: list[tuple[str, type[openai.APIStatusError], str]] = [
    ("nowhere", openai.NotFoundError, "model_not_found"),
    ("fake/too-long", openai.BadRequestError, "context_length_exceeded"),
    ("fake/error-429", openai.RateLimitError, "rate_limit_exceeded"),
    ("fake/no-quota", openai.RateLimitError, "insufficient_quota"),
    ("fake/error-500", openai.InternalServerError, "provider_failed"),
]


@pytest.mark.parametrize(("model", "kind", "code"), REFUSALS)
def test_errors_are_those_that_it_knows(
    client: OpenAI, model: str, kind: type[openai.APIStatusError], code: str
) -> None:
    for call in (
        lambda: client.chat.completions.create(model=model, messages=HELLO),
        lambda: client.responses.create(model=model, input="Hello"),
    ):
        with pytest.raises(kind) as caught:
            call()
        assert caught.value.code == code
        assert caught.value.request_id
        assert is_wish(caught.value.response.headers.get("retry-after"), of=code)


def test_a_wrong_key_and_an_empty_purse_are_not_tried_again(gateway: Gateway) -> None:
    with (
        OpenAI(base_url=gateway.url, api_key="sk-wrong") as stranger,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        stranger.models.list()
    assert caught.value.code == "invalid_api_key"
    with (
        OpenAI(base_url=gateway.url, api_key=gateway.key, max_retries=2) as patient,
        pytest.raises(openai.RateLimitError),
    ):
        patient.chat.completions.create(model="fake/no-quota", messages=HELLO)
    assert gateway.fake.models == ["no-quota"]


def test_a_stream_that_breaks_off_raises(client: OpenAI) -> None:
    stream = client.chat.completions.create(model="fake/broken:openai", messages=HELLO, stream=True)
    with pytest.raises(openai.APIError, match="overloaded"):
        list(stream)
    with pytest.raises(openai.APIError, match="overloaded"):
        list(client.responses.create(model="fake/broken:openai", input="Hello", stream=True))


def _chat(client: OpenAI) -> object:
    return next(client.chat.completions.create(model="fake/stalls", messages=HELLO, stream=True))


def _response(client: OpenAI) -> object:
    return next(client.responses.create(model="fake/stalls", input="Hello", stream=True))


@pytest.mark.parametrize("begin", [_chat, _response])
def test_whoever_leaves_ends_the_call_upstream(
    client: OpenAI, gateway: Gateway, begin: Callable[[OpenAI], object]
) -> None:
    assert begin(client)
    client.close()
    assert gateway.fake.left.wait(10)


@pytest.mark.parametrize("model", ["fake/ok", "native/ok"])
def test_responses_whole_and_as_a_stream(client: OpenAI, model: str) -> None:
    told = client.responses.create(model=model, input="Say hello", instructions="Be kind.")
    assert (told.output_text, told.status) == (SAID, "completed")
    assert told.usage is not None
    assert (told.usage.input_tokens, told.usage.output_tokens) == (1000, 200)
    events = list(client.responses.create(model=model, input="Say hello", stream=True))
    assert events[-1].type == "response.completed"
    words = [each.delta for each in events if each.type == "response.output_text.delta"]
    assert "".join(words) == SAID


def test_the_stream_of_a_response_is_put_together(client: OpenAI) -> None:
    with client.responses.stream(model="fake/tools", input="Hello", tools=[FUNCTION]) as stream:
        final = stream.get_final_response()
    calls = [each for each in final.output if each.type == "function_call"]
    assert [(each.name, each.arguments) for each in calls] == [
        ("look_up", '{"q": "x"}'), ("add", '{"a": 1, "b": 2}'),
    ]  # fmt: skip
    with client.responses.stream(model="fake/reason", input="Hello") as stream:
        assert [each.type for each in stream.get_final_response().output] == [
            "reasoning", "message",
        ]  # fmt: skip


def test_tools_go_round(client: OpenAI) -> None:
    first = client.responses.create(model="fake/tool-once", input="Hello", tools=[FUNCTION])
    [call] = [each for each in first.output if each.type == "function_call"]
    second = client.responses.create(
        model="fake/tool-once",
        tools=[FUNCTION],
        input=[
            {"role": "user", "content": "Hello"},
            {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments},
            {"type": "function_call_output", "call_id": call.call_id, "output": "found"},
        ],
    )  # fmt: skip
    assert second.output_text == SAID


def test_a_response_is_parsed(client: OpenAI) -> None:
    told = client.responses.parse(model="fake/ok", input="Hello", text_format=Yes)
    assert told.output_parsed == Yes(answer="yes")


def test_what_would_be_kept_is_refused(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="not kept here") as caught:
        client.responses.create(model="fake/ok", input="Hello", previous_response_id="resp_1")
    assert caught.value.param == "previous_response_id"


@pytest.fixture(scope="module")
def workflow(served: Gateway) -> str:
    """A workflow that asks the fake what its caller says, published over the API."""
    step = {"prompt": "{{ input.prompt }}", "route": "asked"}
    definition = {
        "schema": 1,
        "nodes": [
            {"id": "start", "type": "core.start", "type_version": 1, "config": {"fields": []}},
            {"id": "ai", "type": "ai.generate", "type_version": 1, "config": step},
        ],
        "edges": [{"source": "start", "source_port": "out", "target": "ai", "target_port": "in"}],
        "settings": {},
    }
    with httpx.Client(
        base_url=f"{served.origin}/api/v1/", headers={"Authorization": f"Bearer {served.key}"}, timeout=60
    ) as api:  # fmt: skip
        targets = [{"provider": "fake", "model": "ok"}]
        api.post("gateway/routes/", json={"alias": "asked", "targets": targets}).raise_for_status()
        made = api.post("workflows/", json={"name": "Ask for me", "definition": definition})
        made.raise_for_status()
        api.post(f"workflows/{made.json()['id']}/publish/", json={}).raise_for_status()
        published = api.get(f"workflows/{made.json()['id']}/").json()
        return f"workflow/{published['slug']}"


def test_a_workflow_is_a_model(client: OpenAI, workflow: str) -> None:
    assert workflow in {each.id for each in client.models.list()}
    told = client.chat.completions.create(model=workflow, messages=HELLO)
    assert (told.choices[0].message.content, told.model) == (SAID, workflow)
    stream = client.chat.completions.create(
        model=workflow, messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    parts = list(stream)
    words = [part.choices[0].delta.content or "" for part in parts if part.choices]
    assert "".join(words) == SAID
    assert parts[-1].usage is not None
    assert parts[-1].usage.total_tokens == 1200
    response = client.responses.create(model=workflow, input="Say hello")
    assert (response.output_text, response.status) == (SAID, "completed")
    with client.responses.stream(model=workflow, input="Say hello") as events:
        assert events.get_final_response().output_text == SAID
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=workflow, messages=HELLO, tools=[TOOL])
    assert caught.value.code == "not_offered"
