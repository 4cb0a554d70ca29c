"""curl, as it is installed, against the product."""

import json
import subprocess
from typing import Any

import pytest

from tests.conformance.clients.conftest import Gateway
from tests.fakeai.chat import WORDS

pytestmark = pytest.mark.xdist_group("clients")
CHAT = {"messages": [{"role": "user", "content": "Say hello"}]}


def curl(
    gateway: Gateway, path: str, body: Any, *options: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["curl", "-sS", "-N", *options, f"{gateway.url}/{path}",
         "-H", f"Authorization: Bearer {gateway.key}", "-H", "Content-Type: application/json",
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


def test_rerank(gateway: Gateway) -> None:
    body = {"model": "fake/ok", "query": "what?", "documents": ["a", "bb"]}
    results = json.loads(curl(gateway, "rerank", body).stdout)["results"]
    assert [each["index"] for each in results] == [1, 0]


def test_errors(gateway: Gateway) -> None:
    done = curl(gateway, "chat/completions", {"model": "nowhere", **CHAT}, "-w", " %{http_code}")
    body, _, status = done.stdout.rpartition(" ")
    assert (json.loads(body)["error"]["code"], status) == ("model_not_found", "404")


def test_whoever_leaves_ends_the_call_upstream(gateway: Gateway) -> None:
    body = {"model": "fake/stalls", "stream": True, **CHAT}
    done = curl(gateway, "chat/completions", body, "--max-time", "3")
    assert (done.returncode, "Hello" in done.stdout) == (28, True)
    assert gateway.fake.left.wait(10)
