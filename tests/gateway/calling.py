"""Calls from tests, which have no loop of their own."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

from apps.accounts.models import User
from apps.egress import client
from apps.gateway import services
from apps.gateway.cache import store
from apps.gateway.calls import Completion, CompletionRequest, Upstream
from apps.gateway.checks.reading import text_of
from apps.gateway.models import ModelRoute, Provider, RouteTarget
from apps.gateway.targets.exchange import Trace, exchange
from apps.gateway.targets.router import Plan, Target
from apps.gateway.usage import Usage
from tests.fakeai.server import SECRET, FakeProvider

T = TypeVar("T")
QUESTION = [{"role": "user", "content": "Say hello"}]


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a loop of its own, in the caller's tenant."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(copy_context().run, asyncio.run, coroutine).result()


def complete(route: str = "default", heard: list[str] | None = None, **more: Any) -> Completion:
    """Ask a route and wait for the whole answer."""
    request = CompletionRequest(route=route, **{"messages": QUESTION, **more})
    return run(_complete(request, heard))


async def _complete(request: CompletionRequest, heard: list[str] | None) -> Completion:
    try:
        on_text = None if heard is None else heard.append
        return await services.complete(request, on_text=on_text)
    finally:
        await client.close()
        await store.close()


@dataclass(frozen=True)
class Reply:
    """What an upstream answered."""

    text: str
    model: str
    usage: Usage


def call(
    upstream: Upstream, heard: list[str] | None = None, *, then: Upstream | None = None, **more: Any
) -> Reply:
    """Ask an upstream directly, outside of any workspace, and another one where it fails."""
    request = CompletionRequest(route="", **{"messages": QUESTION, **more})
    upstreams = [each for each in (upstream, then) if each is not None]
    return run(_call(request, upstreams, [] if heard is None else heard))


async def _call(request: CompletionRequest, upstreams: list[Upstream], heard: list[str]) -> Reply:
    targets = tuple(
        Target(each, row=RouteTarget(order=order)) for order, each in enumerate(upstreams)
    )
    ask, plan = request.ask(), Plan("", None, targets)
    try:
        async with exchange(plan, ask, Trace()) as answer:
            text = await text_of(answer, heard.append)
        return Reply(text, answer.model, answer.usage(ask))
    finally:
        await client.close()


def connect(fake: FakeProvider, actor: User, **more: Any) -> Provider:
    """Connect the fake as a provider with a key."""
    fields = {"kind": "openai_compatible", "name": "Fake", "base_url": fake.url, **more}
    return services.add_provider(actor=actor, **{"credential": SECRET, **fields})


def lead(actor: User, *models: str, provider: Provider, alias: str = "default") -> ModelRoute:
    """Let a route ask these models of a provider, in order."""
    targets = [{"provider": provider.slug, "model": model} for model in models]
    route = ModelRoute.objects.filter(alias=alias).first()
    name: dict[str, Any] = {} if route else {"alias": alias}
    return services.save_route(route, actor=actor, targets=targets, **name)
