"""Answering a question with what was kept for another that is about the same, once that was learnt.

Until then, and for a small share of questions always, a model is asked and its answer is compared with
the kept one. Whatever goes wrong on the way is a miss: the model is asked.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from random import SystemRandom

from apps.gateway.asks import Ask
from apps.gateway.cache import store
from apps.gateway.cache.answering import Asked, again
from apps.gateway.cache.questions import is_cacheable
from apps.gateway.cache.similar.book import Entry
from apps.gateway.cache.similar.comparing import said, say_the_same
from apps.gateway.cache.similar.learning import Seen
from apps.gateway.cache.similar.questions import Question, question_of
from apps.gateway.cache.similar.shelves import Shelf, shelf_of
from apps.gateway.cache.similar.subject import subject_of
from apps.gateway.cache.similar.vectors import Carry, Vector, vectors_of
from apps.gateway.cache.store import Cached
from apps.gateway.models import LlmCall
from apps.gateway.targets.router import CachePolicy, Plan
from apps.gateway.targets.trying import Trace
from apps.gateway.upstreams.answers import Answer

CHECKED = 0.02  # of the answers that could be given, a model is asked all the same
_random = SystemRandom()


def similar_first(asked: Asked, plan: Plan, ask: Ask, trace: Trace) -> Asked:
    """Return what asks the targets only where no answer to a similar question may be given."""
    policy, carry = plan.cache, trace.carry
    if policy is None or policy.similar is None or carry is None:
        return asked
    question = question_of(plan, ask)
    if question is None:
        return asked
    return partial(_Look(plan, policy, ask, trace, carry, question).answered, asked)


@dataclass(frozen=True)
class _Found:
    """The kept question that is nearest, its answer, and how near it is."""

    entry: Entry
    cached: Cached
    similarity: float
    vector: Vector  # of the question that is asked now


@dataclass
class _Look:
    """One question, beside those that are kept."""

    plan: Plan
    policy: CachePolicy
    ask: Ask
    trace: Trace
    carry: Carry
    question: Question

    @asynccontextmanager
    async def answered(self, asked: Asked) -> AsyncIterator[Answer]:
        """Hand out the answer for as long as the block lasts, and learn from a new one."""
        shelf = await shelf_of(self.plan, self.policy)
        found = None if self.ask.fresh else await self._nearest(shelf)
        if found is not None and self._may_give(shelf, found):
            yield self._given(found)
            return
        async with asked() as answer:
            yield answer
        if is_cacheable(self.ask, answer):
            await self._learn(shelf, found, answer)

    async def _nearest(self, shelf: Shelf) -> _Found | None:
        alike = shelf.alike(self.question.scope, subject_of(self.question.text))
        kept = [(each, cached) for each in alike if (cached := await self._kept(shelf, each))]
        if not kept:
            return None
        unknown = [entry for entry, _ in kept if entry.vector is None]
        vectors = await self._vectors([self.question.text, *(each.text for each in unknown)])
        if vectors is None:
            return None
        mine, told = (
            vectors[0],
            dict(zip((each.name for each in unknown), vectors[1:], strict=True)),
        )
        for entry in unknown:
            await shelf.put(replace(entry, vector=told[entry.name]))
        near = [
            _Found(entry, cached, similarity, mine)
            for entry, cached in kept
            if (similarity := mine.similarity(entry.vector or told[entry.name])) is not None
        ]
        return max(near, key=lambda each: each.similarity, default=None)

    async def _kept(self, shelf: Shelf, entry: Entry) -> Cached | None:
        """Return an entry's answer; one that has none any more is forgotten."""
        cached = await store.find(entry.name, self.policy)
        if cached is None:
            shelf.drop(entry)
        return cached

    def _may_give(self, shelf: Shelf, found: _Found) -> bool:
        return shelf.accepts(found.entry, found.similarity) and _random.random() >= CHECKED

    def _given(self, found: _Found) -> Answer:
        answer = again(found.cached, self.plan, self.trace)
        self.trace.cache, self.trace.cache_name = LlmCall.Cache.SEMANTIC, found.entry.name
        self.trace.similarity = found.similarity
        return answer

    async def _learn(self, shelf: Shelf, found: _Found | None, answer: Answer) -> None:
        """Compare the new answer with the kept one; keep the question, unless it has that answer."""
        same = None if found is None else await self._is_right(found, answer)
        if found is not None and same is not None:
            seen = Seen(found.similarity, right=same)
            await shelf.teach(found.entry, self.trace.cache_name, seen)
        if not same:
            vector = found.vector if found else None
            mine = Entry(self.question.scope, self.trace.cache_name, self.question.text, vector)
            await shelf.put(mine)

    async def _is_right(self, found: _Found, answer: Answer) -> bool | None:
        assert self.policy.similar is not None
        kept = said(found.cached.body, streams=found.cached.streams)
        new = said(answer.whole, streams=answer.streams)
        return await say_the_same(
            kept, new, self.policy.similar.embedder, carry=self.carry, source=self.ask.source
        )

    async def _vectors(self, texts: list[str]) -> list[Vector] | None:
        assert self.policy.similar is not None
        embedder = self.policy.similar.embedder
        return await vectors_of(texts, embedder, carry=self.carry, source=self.ask.source)
