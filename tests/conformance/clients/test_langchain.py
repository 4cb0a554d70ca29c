"""langchain-openai, as it is installed, against the product."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx
import openai
import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import SecretStr

from tests.conformance.clients.conftest import Gateway, Yes, is_wish
from tests.fakeai.chat import WORDS

pytestmark = pytest.mark.xdist_group("clients")
SAID = "".join(WORDS)


@tool
def look_up(q: str) -> str:
    """Look something up."""
    return f"found {q}"


def model(gateway: Gateway, name: str, key: str = "", **more: Any) -> ChatOpenAI:
    secret = SecretStr(key or gateway.key)
    return ChatOpenAI(
        model=f"fake/{name}", base_url=gateway.url, api_key=secret, max_retries=0, **more
    )


def vectors(gateway: Gateway, name: str, key: str = "") -> OpenAIEmbeddings:
    return OpenAIEmbeddings(
        model=name, openai_api_base=gateway.url, openai_api_key=SecretStr(key or gateway.key),
        check_embedding_ctx_length=False, max_retries=0,
    )  # fmt: skip


@pytest.mark.parametrize("responses", [False, True])
def test_it_asks_and_streams(gateway: Gateway, responses: bool) -> None:
    chat = model(gateway, "ok", use_responses_api=responses)
    told = chat.invoke("Say hello")
    assert told.text == SAID
    assert told.usage_metadata is not None
    assert told.usage_metadata["input_tokens"] == 1000
    parts = list(chat.stream("Say hello"))
    assert "".join(part.text for part in parts) == SAID
    assert len(parts) > len(WORDS)


@pytest.mark.parametrize("responses", [False, True])
def test_tools_go_round(gateway: Gateway, responses: bool) -> None:
    chat = model(gateway, "tool-once", use_responses_api=responses).bind_tools([look_up])
    question = HumanMessage("Look x up")
    first = chat.invoke([question])
    [call] = first.tool_calls
    assert (call["name"], call["args"]) == ("look_up", {"q": "x"})
    result = ToolMessage(look_up.invoke(call["args"]), tool_call_id=call["id"])
    assert chat.invoke([question, first, result]).text == SAID


def test_structured_output(gateway: Gateway) -> None:
    chat = model(gateway, "ok").with_structured_output(Yes)
    assert chat.invoke("Yes?") == Yes(answer="yes")


def test_images(gateway: Gateway) -> None:
    image = {"type": "image", "url": "https://pictures.test/a.png"}
    told = model(gateway, "echo").invoke([HumanMessage([image])])
    assert "https://pictures.test/a.png" in told.text


def test_embeddings(gateway: Gateway) -> None:
    embeddings = vectors(gateway, "fake/vectors")
    assert embeddings.embed_documents(["a", "b"]) == [[0.5] * 4, [1.5] * 4]


REFUSALS: list[tuple[str, str, type[openai.APIStatusError], str]] = [
    ("fake/ok", "aut_wrong", openai.AuthenticationError, "invalid_api_key"),
    ("nowhere", "", openai.NotFoundError, "model_not_found"),
    ("fake/error-429", "", openai.RateLimitError, "rate_limit_exceeded"),
]


@pytest.mark.parametrize(("name", "key", "kind", "code"), REFUSALS)
def test_errors_are_those_that_it_knows(
    gateway: Gateway, name: str, key: str, kind: type[openai.APIStatusError], code: str
) -> None:
    chat = model(gateway, "ok", key)
    chat.model_name = name
    for ask in (
        lambda: chat.invoke("Hello"),
        lambda: list(chat.stream("Hello")),
        lambda: vectors(gateway, name, key).embed_documents(["a"]),
    ):
        with pytest.raises(kind) as caught:
            ask()
        assert caught.value.code == code
        assert is_wish(caught.value.response.headers.get("retry-after"), of=code)


def test_errors(gateway: Gateway) -> None:
    with pytest.raises(openai.RateLimitError):
        model(gateway, "no-quota").invoke("Hello")
    with pytest.raises(openai.APIError, match="overloaded"):
        list(model(gateway, "broken:langchain").stream("Hello"))


async def test_whoever_leaves_ends_the_call_upstream(gateway: Gateway) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient() as own:
            async for part in model(gateway, "stalls", http_async_client=own).astream("Hello"):
                assert part.text == "Hello"
                heard.set()

    heard = asyncio.Event()
    asking = asyncio.create_task(ask())
    await asyncio.wait_for(heard.wait(), 30)
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking
    assert await asyncio.to_thread(gateway.fake.left.wait, 10)
