"""Answering from what is kept where that may be, else by the targets."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from apps.gateway.asks import Ask
from apps.gateway.cache import store
from apps.gateway.cache.ahead import note
from apps.gateway.cache.questions import is_cacheable, name_of
from apps.gateway.cache.store import Cached
from apps.gateway.models import LlmCall
from apps.gateway.targets.exchange import Trace
from apps.gateway.targets.router import CachePolicy, Plan, Target
from apps.gateway.upstreams.answers import Answer
from apps.gateway.usage import Usage

Asked = Callable[[], AbstractAsyncContextManager[Answer]]


class CachedAnswer(Answer):
    """An answer that is given again: byte by byte what the first asker was told, and for nothing."""

    def __init__(self, target: Target, cached: Cached) -> None:
        """Hold what is cached."""
        super().__init__(target.upstream, cached.body, {"model": cached.model})
        self.streams = cached.streams
        self.age_s = max(0, int(time.time() - cached.at))

    async def parts(self) -> AsyncIterator[bytes]:
        if not self.streams:
            yield self._body
            return
        for event in self._body.split(b"\n\n"):
            if event:
                yield event + b"\n\n"

    def usage(self, ask: Ask) -> Usage:
        return Usage(0, 0)


@asynccontextmanager
async def answered(plan: Plan, ask: Ask, trace: Trace, asked: Asked) -> AsyncIterator[Answer]:
    """Hand out the answer for as long as the block lasts, and keep it if it may be given again.

    `asked` asks the targets, where nothing is kept; its GatewayError is raised on.
    """
    name, policy = name_of(plan, ask), plan.cache
    if not name or policy is None:
        async with asked() as answer:
            yield answer
        return
    trace.cache_name = name
    await note(name, ask, policy)
    cached = None if ask.fresh else await store.find(name, policy)
    if cached is not None:
        yield again(cached, plan, trace)
        return
    async with AsyncExitStack() as turn:
        await turn.enter_async_context(store.turn(name))
        cached = None if ask.fresh else await store.find(name, policy)
        if cached is None:
            trace.cache = LlmCall.Cache.MISS
            async with asked() as answer:
                yield answer
            if trace.cache == LlmCall.Cache.MISS:
                await _put(name, policy, ask, trace)
            return
    yield again(cached, plan, trace)


def again(cached: Cached, plan: Plan, trace: Trace) -> CachedAnswer:
    """Return a kept answer, and note who gave it first and what that cost."""
    same = (each for each in plan.targets if each.upstream.provider == cached.provider)
    target = next(same, plan.targets[0])
    answer = CachedAnswer(target, cached)
    trace.target, trace.answer = target, answer
    trace.cache, trace.saved_usd = LlmCall.Cache.HIT, cached.cost
    if answer.streams:
        trace.first_ms = trace.elapsed_ms()
    return answer


async def _put(name: str, policy: CachePolicy, ask: Ask, trace: Trace) -> None:
    answer, target = trace.answer, trace.target
    assert answer is not None
    assert target is not None
    if not is_cacheable(ask, answer):
        return
    cost = target.cost(answer.usage(ask))
    cached = Cached(
        body=answer.whole, streams=answer.streams, provider=target.upstream.provider,
        model=answer.model or target.upstream.model, cost_usd="" if cost is None else str(cost),
        at=time.time(),
    )  # fmt: skip
    await store.put(name, cached, policy)
