"""Programs that call /v1 of a workspace: their keys, and what their answers say."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import Any

from apps.accounts.models import User
from apps.accounts.services import create_api_key
from apps.egress import client
from apps.gateway.cache import store
from apps.gateway.ledger import journal
from apps.gateway.models import LlmCall
from apps.gateway.v1 import limits
from tests.factories.callers import Caller, Reply

CHAT = {"messages": [{"role": "user", "content": "Say hello"}]}


def key_of(user: User, role: str = "caller") -> str:
    """Make a key and return its text."""
    return create_api_key(name="Program", role=role, user=user, actor=user)[1]


class Program:
    """A program with a key; each call is a request to the whole application."""

    def __init__(self, key: str, host: str = "alpha.localhost") -> None:
        self.caller = Caller(host, {"authorization": f"Bearer {key}"})

    def post(self, path: str, body: Any, **headers: str) -> Reply:
        """Call and return the answer."""
        return asyncio.run(self._call(f"/v1/{path}", body, "POST", headers))

    def get(self, path: str) -> Reply:
        """Look something up."""
        return asyncio.run(self._call(f"/v1/{path}", b"", "GET", {}))

    def chat(self, model: str = "default", **more: Any) -> Reply:
        """Ask in a chat."""
        return self.post("chat/completions", {"model": model, **CHAT, **more})

    def leave(
        self,
        model: str,
        heard: Callable[[bytes], bool],
        path: str = "chat/completions",
        **more: Any,
    ) -> None:
        """Ask for a stream, and go away once what was heard of it is enough."""
        body = {"model": model, **(more or CHAT), "stream": True}
        asyncio.run(self._leave(f"/v1/{path}", body, heard))

    def abandon(self, model: str, asked: Event) -> None:
        """Ask, and go away once somebody was asked, before any answer."""
        asyncio.run(self._abandon({"model": model, **CHAT}, asked))

    async def _call(self, path: str, body: Any, method: str, headers: dict[str, str]) -> Reply:
        try:
            return await self.caller.call(path, body, method=method, **headers)
        finally:
            await _close()

    async def _leave(self, path: str, body: Any, heard: Callable[[bytes], bool]) -> None:
        peer = await self.caller.begin(path, body)
        await peer.receive_output(10)
        so_far = b""
        while not heard(so_far):
            so_far += (await peer.receive_output(10))["body"]
        await _gone(peer)

    async def _abandon(self, body: Any, asked: Event) -> None:
        peer = await self.caller.begin("/v1/chat/completions", body)
        assert await asyncio.to_thread(asked.wait, 10)
        await _gone(peer)


async def _gone(peer: Any) -> None:
    await peer.send_input({"type": "http.disconnect"})
    with suppress(asyncio.CancelledError):
        await peer.wait(10)
    await _close()


async def _close() -> None:
    await client.close()
    await limits.close()
    await store.close()


def only_call() -> LlmCall:
    """Return the one row of the ledger."""
    assert journal.written().result(30)
    return LlmCall.objects.get()


def error_of(reply: Reply) -> dict[str, Any]:
    """Return the error of a refusal, whose form clients rely on."""
    error: dict[str, Any] = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


def events_of(reply: Reply) -> list[Any]:
    """Return what a stream told, event by event; the last is the text `[DONE]`."""
    texts = [part.removeprefix("data: ") for part in reply.body.decode().split("\n\n")]
    return [
        text if text == "[DONE]" else json.loads(text)
        for text in texts
        if text and not text.startswith(":")
    ]


def named_events_of(reply: Reply) -> list[dict[str, Any]]:
    """Return what a stream of typed events told; each goes under the name of its type."""
    events = []
    for text in reply.body.decode().split("\n\n"):
        if text:
            name, _, data = text.partition("\n")
            events.append(json.loads(data.removeprefix("data: ")))
            assert name == f"event: {events[-1]['type']}"
    return events


def text_of(events: list[Any]) -> str:
    """Return the words of a stream."""
    deltas = [each["choices"][0]["delta"] for each in events[:-1] if each["choices"]]
    return "".join(each.get("content") or "" for each in deltas)
