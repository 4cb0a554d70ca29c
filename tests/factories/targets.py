"""Targets of HTTP steps, on loopback, that say how they were called."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiohttp import web
from pytest_django import Settings

from apps.dispatch import loop


class Target:
    """A server with one address; what it answers is its `handle`."""

    def __init__(self) -> None:
        self.origin = ""
        self.runner: Any = None

    async def handle(self, request: web.Request) -> web.Response:
        raise NotImplementedError

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/", self.handle)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.origin = f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    @contextmanager
    def served(self, settings: Settings) -> Iterator[None]:
        """Run it on the loop of the steps, and allow it to them."""
        loop.submit(self.start()).result(10)
        settings.EGRESS_ALLOW = [self.origin]
        yield
        loop.submit(self.runner.cleanup()).result(10)


class Crowd(Target):
    """A target that notes how many ask it at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = self.asked = 0

    async def handle(self, request: web.Request) -> web.Response:
        self.now, self.asked = self.now + 1, self.asked + 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.02)
        self.now -= 1
        return web.Response(text="x")


@pytest.fixture
def crowd(settings: Settings) -> Iterator[Crowd]:
    made = Crowd()
    with made.served(settings):
        yield made


class Echo(Target):
    """A target that says back all it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        said = {"headers": dict(request.headers), "query": dict(request.query)}
        self.heard.append(json.dumps(said))
        return web.json_response(said, headers={"X-Said": request.query_string})


@pytest.fixture
def echo(settings: Settings) -> Iterator[Echo]:
    made = Echo()
    with made.served(settings):
        yield made
