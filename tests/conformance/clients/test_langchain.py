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
from pydantic import BaseModel, SecretStr

from tests.conformance.clients.conftest import Gateway
from tests.fakeai.chat import WORDS

pytestmark = pytest.mark.xdist_group("clients")
SAID = "".join(WORDS)


class Yes(BaseModel):
    """What the fake answers where a schema is asked for."""

    answer: str


@tool
def look_up(q: str) -> str:
    """Look something up."""
    return f"found {q}"


def model(gateway: Gateway, name: str, **more: Any) -> ChatOpenAI:
    key = SecretStr(gateway.key)
    return ChatOpenAI(
        model=f"fake/{name}", base_url=gateway.url, api_key=key, max_retries=0, **more
    )


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
    embeddings = OpenAIEmbeddings(
        model="fake/vectors", openai_api_base=gateway.url,
        openai_api_key=SecretStr(gateway.key), check_embedding_ctx_length=False,
    )  # fmt: skip
    assert embeddings.embed_documents(["a", "b"]) == [[0.5] * 4, [1.5] * 4]


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
