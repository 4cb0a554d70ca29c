"""The server of the fake, what it was asked, and the fixture that tests take it from."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from pytest_django import Settings

from tests.fakeai import chat, dialects, messages, ranking, responses

SECRET = "sk-canary-0123456789-do-not-show"
# How each endpoint of OpenAI's answers.
ENDPOINTS = {
    "/v1/chat/completions": chat.answer,
    "/v1/embeddings": chat.embed,
    "/v1/responses": responses.respond,
    "/v1/rerank": ranking.rerank,
    "/v1/moderations": ranking.moderate,
    "/v1/messages": messages.answer,
    "/v1/messages/count_tokens": messages.answer,
}


@dataclass
class Asked:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class FakeProvider:
    """Where it is, and what it was asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    ill: bool = False  # whether every model fails for now
    told: dict[str, Any] = field(default_factory=dict)  # at an address; a number refuses
    scripted: dict[str, str] = field(default_factory=dict)  # what `scripted` says to whom
    says: dict[str, str] = field(default_factory=dict)  # models, and their words
    turned_away: dict[str, int] = field(default_factory=dict)  # keys, and with which status
    came: threading.Event = field(default_factory=threading.Event)  # somebody asked
    left: threading.Event = field(default_factory=threading.Event)  # a caller left amid its answer

    @property
    def origin(self) -> str:
        return self.url.removesuffix("/v1")

    @property
    def models(self) -> list[str]:
        return [each.body.get("model", "") for each in self.asked]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.text() or "{}")
        self.asked.append(Asked(request.path, dict(request.headers), body))
        self.came.set()
        if self.ill:
            return chat.error(503, request)
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if key in self.turned_away:
            return chat.error(self.turned_away[key], request)
        model = str(body.get("model", ""))
        behaviour = {**body, "model": model.partition(":")[0], "says": self.says.get(model)}
        if behaviour["model"] == "scripted":
            asked = str(body["messages"][-1]["content"])
            behaviour["says"] = self.scripted.get(asked, "Nobody knows.")
        try:
            return await ENDPOINTS[request.path](request, behaviour)
        except (asyncio.CancelledError, ConnectionError):
            self.left.set()
            raise

    async def tell(self, request: web.Request) -> web.StreamResponse:
        """Answer who reads."""
        self.asked.append(Asked(request.path, dict(request.headers), {}))
        if request.path not in self.told:
            return chat.error(404, request)
        told = self.told[request.path]
        return chat.error(told, request) if isinstance(told, int) else web.json_response(told)

    async def answer_in_dialect(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.text())
        self.asked.append(Asked(request.path, dict(request.headers), body))
        if "refused" in request.path:
            return chat.error(401, request)
        return await dialects.gemini(request)

    def app(self) -> web.Application:
        """Return the application that answers in this one's name."""
        app = web.Application()
        for path in ENDPOINTS:
            app.router.add_post(path, self.answer)
        app.router.add_post("/{rest:.*}", self.answer_in_dialect)
        app.router.add_get("/{rest:.*}", self.tell)
        return app


class _Server(threading.Thread):
    """Serves until it is stopped, on a loop of its own, so that tests need none."""

    def __init__(self, fake: FakeProvider) -> None:
        super().__init__(daemon=True)
        self.fake, self.ready, self.loop = fake, threading.Event(), asyncio.new_event_loop()

    def run(self) -> None:
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self) -> None:
        self.stopped = asyncio.Event()
        runner = web.AppRunner(
            self.fake.app(), shutdown_timeout=0.05, access_log=None, handler_cancellation=True
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        self.ready.set()
        await self.stopped.wait()
        await runner.cleanup()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.join(5)


@contextmanager
def serving(provider: FakeProvider | None = None) -> Iterator[FakeProvider]:
    """Serve on loopback for as long as the block lasts."""
    provider = provider or FakeProvider()
    server = _Server(provider)
    server.start()
    server.ready.wait(5)
    yield provider
    server.stop()


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    """A provider on loopback, allowed by its exact port."""
    with serving() as provider:
        settings.EGRESS_ALLOW = [provider.origin]
        yield provider
