"""curl, as it is installed, against the product."""

import json
import subprocess
from typing import Any

import pytest

from tests.conformance.clients.conftest import Gateway, Yes, is_wish
from tests.fakeai.chat import WORDS

pytestmark = pytest.mark.xdist_group("clients")
CHAT = {"messages": [{"role": "user", "content": "Say hello"}]}


def curl(
    gateway: Gateway, path: str, body: Any, *options: str, key: str = ""
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["curl", "-sS", "-N", *options, f"{gateway.url}/{path}",
         "-H", f"Authorization: Bearer {key or gateway.key}", "-H", "Content-Type: application/json",
         "-d", "@-"],
        input=json.dumps(body), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_chat_and_stream(gateway: Gateway) -> None:
    done = curl(gateway, "chat/completions", {"model": "fake/ok", **CHAT}, "--fail")
    assert json.loads(done.stdout)["choices"][0]["message"]["content"] == "".join(WORDS)
    done = curl(gateway, "chat/completions", {"model": "fake/ok", "stream": True, **CHAT}, "-i")
    head, _, events = done.stdout.partition("\n\n")
    assert "content-type: text/event-stream" in head
    assert "x-request-id: " in head
    lines = [line for line in events.split("\n") if line and not line.startswith(":")]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"


def test_tools_and_structured_output(gateway: Gateway) -> None:
    tool = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
    body: dict[str, Any] = {"model": "fake/tool", **CHAT, "tools": [tool]}
    [choice] = json.loads(curl(gateway, "chat/completions", body).stdout)["choices"]
    [call] = choice["message"]["tool_calls"]
    assert (choice["finish_reason"], call["function"]["name"]) == ("tool_calls", "look_up")
    shape = {"name": "yes", "schema": Yes.model_json_schema()}
    wished = {"type": "json_schema", "json_schema": shape}
    body = {"model": "fake/ok", **CHAT, "response_format": wished}
    [choice] = json.loads(curl(gateway, "chat/completions", body).stdout)["choices"]
    assert Yes.model_validate_json(choice["message"]["content"]) == Yes(answer="yes")


def test_embeddings(gateway: Gateway) -> None:
    body = {"model": "fake/vectors", "input": ["a", "b"]}
    told = json.loads(curl(gateway, "embeddings", body).stdout)
    assert [each["embedding"] for each in told["data"]] == [[0.5] * 4, [1.5] * 4]


def test_rerank(gateway: Gateway) -> None:
    body = {"model": "fake/ok", "query": "what?", "documents": ["a", "bb"]}
    results = json.loads(curl(gateway, "rerank", body).stdout)["results"]
    assert [each["index"] for each in results] == [1, 0]


REFUSALS = [
    ("fake/ok", "aut_wrong", "401", "invalid_api_key"),
    ("nowhere", "", "404", "model_not_found"),
    ("fake/too-long", "", "400", "context_length_exceeded"),
    ("fake/error-429", "", "429", "rate_limit_exceeded"),
]


@pytest.mark.parametrize(("model", "key", "status", "code"), REFUSALS)
def test_errors(gateway: Gateway, model: str, key: str, status: str, code: str) -> None:
    said = " %{http_code} %header{retry-after}"
    done = curl(gateway, "chat/completions", {"model": model, **CHAT}, "-w", said, key=key)
    body, found, retry_after = done.stdout.rsplit(" ", 2)
    assert (json.loads(body)["error"]["code"], found) == (code, status)
    assert is_wish(retry_after or None, of=code)


def test_whoever_leaves_ends_the_call_upstream(gateway: Gateway) -> None:
    body = {"model": "fake/stalls", "stream": True, **CHAT}
    done = curl(gateway, "chat/completions", body, "--max-time", "3")
    assert (done.returncode, "Hello" in done.stdout) == (28, True)
    assert gateway.fake.left.wait(10)
