"""Routes that answer similar questions, and many questions put to them on one loop."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from redis import Redis

from apps.accounts.models import User
from apps.egress import client
from apps.gateway import news
from apps.gateway.asks import Ask
from apps.gateway.cache import services, store
from apps.gateway.carrying import carried
from apps.gateway.models import ModelRoute
from apps.gateway.upstreams.answers import text_in
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import connect, lead, run

AT_A_TIME = 8


@dataclass(frozen=True)
class Told:
    """What a question was answered, and where from."""

    cache: str
    text: str
    similarity: float | None


def forget_all() -> None:
    """Start without what other tests kept: their workspaces have the same names."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        for pattern in ("gateway:answer:*", "gateway:similar:*"):
            for key in redis.scan_iter(pattern):
                redis.delete(key)
    news.forget()


def similar_route(fake: FakeProvider, actor: User, **more: Any) -> ModelRoute:
    """Lead `default` to what the test scripts, and let vectors tell which questions are alike."""
    provider = connect(fake, actor)
    lead(actor, "near", provider=provider, alias="vectors")
    route = lead(actor, "scripted", provider=provider)
    return services.set_cache(route, actor=actor, ttl_s=3600, embedder="vectors", **more)


def ask_all(questions: Iterable[str], **more: Any) -> list[Told]:
    """Ask many questions, some at a time; the answers are in their order."""
    return run(_asked(list(questions), more))


async def _asked(questions: list[str], more: dict[str, Any]) -> list[Told]:
    room = asyncio.Semaphore(AT_A_TIME)

    async def one(question: str) -> Told:
        async with room:
            return await _ask(question, more)

    try:
        return list(await asyncio.gather(*(one(each) for each in questions)))
    finally:
        await client.close()
        await store.close()


async def _ask(question: str, more: dict[str, Any]) -> Told:
    messages = [{"role": "user", "content": question}]
    ask = Ask("default", {"messages": messages, "temperature": 0, **more})
    async with carried(ask) as call:
        body = b"".join([part async for part in call.answer.parts()])
    return Told(call.trace.cache, text_in(body), call.trace.similarity)
