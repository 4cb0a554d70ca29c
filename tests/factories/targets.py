"""A target of HTTP steps, on loopback, that says how it was called."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from pytest_django import Settings

from apps.dispatch import loop


class Crowd:
    """A target that notes how many ask it at the same time."""

    def __init__(self) -> None:
        self.now = self.most = self.asked = 0
        self.origin = ""
        self.runner: Any = None

    async def handle(self, _request: web.Request) -> web.Response:
        self.now, self.asked = self.now + 1, self.asked + 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.02)
        self.now -= 1
        return web.Response(text="x")

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/", self.handle)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.origin = f"http://127.0.0.1:{self.runner.addresses[0][1]}"


@pytest.fixture
def crowd(settings: Settings) -> Iterator[Crowd]:
    made = Crowd()
    loop.submit(made.start()).result(10)
    settings.EGRESS_ALLOW = [made.origin]
    yield made
    loop.submit(made.runner.cleanup()).result(10)
