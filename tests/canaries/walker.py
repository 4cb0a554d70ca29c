"""Somebody who goes through the product's own doors and remembers everything that was answered."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client

from auterity.asgi import application
from tests.canaries.planted import Planted
from tests.factories.callers import Caller, Reply
from tests.factories.sockets import Socket
from tests.fakeai.server import FakeProvider
from tests.isolation.walk import text_of
from tests.isolation.world import World


@dataclass
class Walker:
    """An owner at a browser, and programs with keys."""

    world: World
    planted: Planted
    browser: Client
    provider: FakeProvider
    number: int = 0
    place: str = ""  # of the last answer

    def page(self, path: str, fields: Any = None, client: Client | None = None) -> Any:
        """Open a page, or send its form, and follow where it leads within the site."""
        client = client or self.browser
        answer = client.get(path) if fields is None else client.post(path, fields)
        self.note(f"page {path}", answer)
        leads = answer.headers.get("Location", "")
        if answer.status_code in (302, 303) and leads.startswith("/"):
            self.note(f"page {leads}", client.get(leads))
        return answer

    def call(self, method: str, path: str, body: Any = None, key: str = "", **headers: str) -> Any:
        """Call the API, by the browser's session or with a key."""
        client = Client(HTTP_HOST=self.world.host) if key else self.browser
        if key:
            headers["Authorization"] = f"Bearer {key}"
        content = b"" if body is None else json.dumps(body).encode()
        answer = client.generic(
            method, f"/api/v1/{path}", content, "application/json", headers=headers
        )
        self.note(f"{method} {path}", answer)
        return answer

    def beside(self, path: str, body: Any = b"", method: str = "POST", **headers: str) -> Any:
        """Call what is served beside Django."""
        reply = Caller(host=self.world.host)(path, body, method=method, **headers)
        self.answered(f"{method} {path}", reply)
        return reply

    def answered(self, what: str, reply: Reply) -> None:
        """Remember an answer of what is served beside Django."""
        self.place = self._place(what)
        told = {name: text for name, text in reply.headers.items() if name != "set-cookie"}
        self.planted.see(self.place, f"{told} {reply.body.decode('utf-8', 'replace')}")

    def socket(self, path: str, *frames: Any, client: Client | None = None, **headers: str) -> None:
        """Open a socket, send frames, and remember all that comes until it is quiet."""
        cookies = (client or self.browser).cookies
        name = settings.SESSION_COOKIE_NAME
        cookie = f"{name}={cookies[name].value}" if name in cookies else ""
        told = asyncio.run(
            self._frames(Socket(application, path, self.world.host, cookie, **headers), frames)
        )
        self.place = self._place(f"socket {path.partition('?')[0]}")
        self.planted.see(self.place, " ".join(told))

    async def _frames(self, socket: Socket, frames: tuple[Any, ...]) -> list[str]:
        told = [str(await socket.connect())]
        for frame in frames:
            if isinstance(frame, bytes):
                await socket.send_bytes(frame)
            else:
                await socket.send(frame)
            told += await socket.all_waiting()
        await socket.close()
        return told

    def note(self, what: str, answer: Any) -> None:
        """Remember an answer, but for the cookie that the session is in."""
        self.place = self._place(what)
        text = text_of(answer)
        for cookie in answer.cookies.values():
            if cookie.key == settings.SESSION_COOKIE_NAME:
                text = text.replace(cookie.value, "")
        self.planted.see(self.place, text)

    def shown(self, name: str) -> None:
        """Say that the last answer is the one that may show this secret."""
        self.planted.allow(name, self.place)

    def _place(self, what: str) -> str:
        self.number += 1
        return f"answer {self.number}, {what}"
