"""The way of one call along its targets: one after another, two at a time where a route hedges."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import SystemRandom
from types import TracebackType
from typing import Self

from apps.common.types import JSONDict
from apps.gateway.asks import Ask, limit_of
from apps.gateway.calls import GoThrough
from apps.gateway.checks.verdicts import Verdict
from apps.gateway.exceptions import (
    ContextTooLong,
    FirstWordLate,
    GatewayError,
    KeyRefused,
    ProviderBusy,
)
from apps.gateway.guards.tally import Tally
from apps.gateway.routes import health
from apps.gateway.routes.allowance import HEDGES, RETRIES
from apps.gateway.routes.candidates import cost_limit, is_paid_by
from apps.gateway.routes.decision import Decision
from apps.gateway.targets.deciding import affordable, refusal_of, schema
from apps.gateway.targets.granted import limited
from apps.gateway.targets.judging import Carry
from apps.gateway.targets.legs import Leg
from apps.gateway.targets.router import Key, Plan, Target
from apps.gateway.upstreams.answers import Answer
from apps.gateway.usage import Usage

PAUSE_S, LONGEST_PAUSE_S = 0.25, 4.0  # before all targets are gone through again
_random = SystemRandom()


@dataclass
class Trace:
    """What was decided and tried, and when: kept for the ledger, also when the call fails."""

    began: float = field(default_factory=time.perf_counter)
    attempts: list[JSONDict] = field(default_factory=list)
    decision: Decision | None = None
    target: Target | None = None
    answer: Answer | None = None
    first_ms: int | None = None  # until the first of a stream
    lost: list[tuple[Target, Usage]] = field(default_factory=list)  # paid for, but not the answer
    cache: str = ""  # `LlmCall.Cache`, with the name of what is kept and what a hit saved
    cache_name: str = ""
    saved_usd: Decimal | None = None
    similarity: float | None = None  # of the question whose kept answer was given
    seed: str = ""  # of the choice: the call's id
    verdict: Verdict | None = None  # on the answer that was given
    judged_usd: Decimal = Decimal(0)  # for calls of judges, which have entries of their own
    carry: Carry | None = None  # how another call is made on the way
    tally: Tally | None = None  # of what guards did
    withheld: Collection[str] = ()  # classes of data that the prompt does not hold
    # Asked before a further attempt: whether budgets have what asking these targets may cost.
    pay: Callable[[Ask, Sequence[Target]], Awaitable[bool]] | None = None
    # Asked before a provider whose calls at a time are limited.
    go_through: GoThrough | None = None

    def elapsed_ms(self) -> int:
        """Milliseconds since the call began."""
        return round((time.perf_counter() - self.began) * 1000)


class Course:
    """Asks targets for one call, and lets go of the one that answers when the block ends."""

    def __init__(self, plan: Plan, ask: Ask, decision: Decision, trace: Trace) -> None:
        self.ask, self.decision, self.trace = ask, decision, trace
        self.policy = plan.policy
        self._plan = plan
        self._ranked = [plan.targets[place] for place in decision.outcome.ranked]
        self._rest: deque[Target] = deque()
        self._leg: Leg | None = None
        self._done: Leg | None = None
        self._attempts: dict[Leg, JSONDict] = {}
        self._route = f"{schema()}:{plan.route or ask.model}"
        self._limit = cost_limit(decision.inputs.need, plan.policy)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._leg is not None:
            self._done = self._leg
            await self._leg.end(error)

    async def first(self) -> Answer:
        """Return the first answer that begins. Raises the last target's GatewayError."""
        RETRIES.earn(self._route)
        HEDGES.earn(self._route)
        if not self._ranked:
            raise refusal_of(self.decision, self._plan)
        self._rest = deque(self._ranked)
        for again in range(self.policy.retries + 1):
            try:
                return await self._through(self.ask)
            except GatewayError as error:
                last = again == self.policy.retries or not (error.retryable and error.moves_on)
                self._rest = deque(self._ranked)
                if last or not await self._can_pay(self.ask) or not RETRIES.spend(self._route):
                    raise
                await asyncio.sleep(_pause_s(again, error))
        raise AssertionError("the last round returns or raises")

    @property
    def rest(self) -> tuple[Target, ...]:
        """The targets that can still be asked."""
        return tuple(self._rest)

    @property
    def answering(self) -> Leg | None:
        """The target that answers, or answered last."""
        return self._leg or self._done

    async def done(self) -> Leg:
        """Let go of the target whose answer was read to its end."""
        assert self._leg is not None
        self._done, self._leg = self._leg, None
        await self._done.end()
        return self._done

    async def let_go(self, end: BaseException, code: str) -> Leg | None:
        """Let go of the target whose answer is not waited for any longer."""
        leg, self._leg = self._leg, None
        if leg is not None:
            await leg.end(end)
            self._attempts[leg] |= {"error": code, "ms": leg.elapsed_ms}
        return leg

    def note(self, leg: Leg, verdict: Verdict, cost: Decimal | None) -> None:
        """Keep with an attempt what its check said and what it cost."""
        self._attempts[leg] |= {"verdict": verdict.record(), "ms": leg.elapsed_ms}
        if cost is not None:
            self._attempts[leg]["usd"] = str(cost)

    def spend(self, cost: Decimal | None) -> None:
        """Take what an attempt cost from what the call may cost."""
        if self._limit is not None and cost is not None:
            self._limit = max(Decimal(0), self._limit - cost)

    def left(self, most: Decimal) -> Decimal:
        """Return what may still be spent, at most so much."""
        return most if self._limit is None else min(most, self._limit)

    def may_climb(self, leg: Leg) -> bool:
        """Whether there is a stronger target than one, for what may still be spent."""
        return bool(self._above(leg.target))

    def climb(self, leg: Leg) -> bool:
        """Leave out all that are not stronger than a target; tell whether any is left."""
        self._rest = self._above(leg.target)
        return bool(self._rest)

    def _above(self, target: Target) -> deque[Target]:
        inputs, stated = self.decision.inputs, target.stated
        return deque(
            each
            for each in self._rest
            if inputs.is_stronger(each.stated, stated)
            and (self._limit is None or is_paid_by(each.stated, inputs.need, self._limit))
        )

    async def next(self) -> Answer:
        """Return the answer of the next target that begins. Raises the last one's GatewayError."""
        return await self._through(self.ask)

    async def resume(self, ask: Ask, broken: Answer, error: GatewayError) -> Answer:
        """Have the next target answer in place of one that broke off. Raises `error` if none does."""
        leg, self._leg = self._leg, None
        if leg is None or not self._rest or not RETRIES.spend(self._route):
            self._leg = leg
            raise error
        await leg.end(error)
        self._attempts[leg]["error"] = error.code
        if not await self._can_pay(ask):
            raise error
        usage = broken.usage(leg.ask)
        try:
            answer = await self._through(ask)
        except GatewayError:
            self.trace.target = leg.target
            raise error from None
        self.trace.lost.append((leg.target, usage))
        return answer

    async def _through(self, ask: Ask) -> Answer:
        """Ask one target after another."""
        while True:
            try:
                return await self._asked(ask)
            except GatewayError as error:
                costs = error.blames_service or isinstance(error, ProviderBusy)
                if not error.moves_on or not await self._can_pay(ask):
                    raise
                if costs and not RETRIES.spend(self._route):
                    raise

    async def _can_pay(self, ask: Ask) -> bool:
        """Leave out those that a budget has too little left for by now; tell whether any is left."""
        while self._rest and self.trace.pay is not None:
            next_ones = list(self._rest)[: 1 + self.policy.hedge]
            if await self.trace.pay(ask, next_ones):
                break
            self._rest.popleft()
        return bool(self._rest)

    async def _asked(self, ask: Ask) -> Answer:
        """Ask the next target; where the route hedges and it is late, the one after it as well."""
        legs = [self._begin(self._rest.popleft(), ask)]
        try:
            if self.policy.hedge and self._rest:
                await self._hedge(legs, ask)
            return await self._race(legs)
        finally:
            for leg in legs:
                if leg is not self._leg:
                    await self._drop(leg)

    def _begin(self, target: Target, ask: Ask, *, hedge: bool = False) -> Leg:
        target, ask = limited(_with_a_key(target), ask)
        attempt: JSONDict = {"provider": target.upstream.provider, "model": target.stated.model}
        if target.credential_id is not None:
            attempt["key"] = str(target.credential_id)
        self.trace.attempts.append(attempt)
        if hedge:
            attempt["hedge"] = True
        else:
            self.trace.target = target
        tokens = affordable(target, self.decision, self._limit)
        if tokens is not None:  # the money that a call may cost ends its answer
            ask = replace(ask, body={**ask.body, limit_of(ask): tokens})
        leg = Leg(
            target, ask, go_through=self.trace.go_through, in_need=self.decision.outcome.in_need
        )
        self._attempts[leg] = attempt
        return leg

    async def _hedge(self, legs: list[Leg], ask: Ask) -> None:
        """Ask a second target if the first is later than 19 of 20 of its answers."""
        target = legs[0].target
        vitals = health.of(schema(), target.stated.name)
        hoped = health.expected(vitals.recent(time.time()))
        usual_ms = hoped.first_p95_ms if ask.streams else hoped.p95_ms
        if usual_ms is None:
            return
        await asyncio.wait({legs[0].beginning}, timeout=usual_ms / 1000)
        if not legs[0].beginning.done() and HEDGES.spend(self._route):
            legs.append(self._begin(self._rest.popleft(), ask, hedge=True))

    async def _race(self, legs: list[Leg]) -> Answer:
        """Return the answer that begins first. Raises the last one's error, FirstWordLate."""
        waiting = {leg.beginning: leg for leg in legs}
        while True:
            done, _ = await asyncio.wait(
                waiting, timeout=self._patience_s(legs[0]), return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                for leg in waiting.values():
                    self._attempts[leg] |= {"error": FirstWordLate.code, "ms": leg.elapsed_ms}
                raise FirstWordLate
            leg = waiting.pop(done.pop())
            try:
                answer = await leg.begun()
            except GatewayError as error:
                self._attempts[leg] |= {"error": error.code, "ms": leg.elapsed_ms}
                self._take_another_key(leg.target, error)
                if isinstance(error, ContextTooLong):
                    self._rest = deque(each for each in self._rest if _reads_more(each, leg.target))
                if not waiting or not error.moves_on:
                    raise
            else:
                self._won(leg)
                return answer

    def _take_another_key(self, target: Target, error: GatewayError) -> None:
        """Have the same target asked next with another key, where it was the key that failed."""
        other = target.with_other_keys()
        is_the_keys = isinstance(error, KeyRefused | ProviderBusy)
        if other is not None and is_the_keys and _free(other):
            self._rest.appendleft(other)

    def _patience_s(self, leg: Leg) -> float | None:
        """Return how long the first word may still take, where the route says so.

        Where no target is that fast, those that there are get the time that they take.
        """
        limit_ms = self.policy.first_word_ms
        if limit_ms is None or not self.ask.streams or self.decision.outcome.in_need:
            return None
        return max(0.0, (limit_ms - leg.elapsed_ms) / 1000)

    def _won(self, leg: Leg) -> None:
        self._leg = leg
        self.trace.target = leg.target
        self._attempts[leg]["ms"] = leg.elapsed_ms

    async def _drop(self, leg: Leg) -> None:
        """Let go of one that is not needed; what it was asked is paid for all the same."""
        attempt = self._attempts[leg]
        await leg.end(asyncio.CancelledError())
        if "error" in attempt:
            return
        attempt["ms"] = leg.elapsed_ms
        if self._leg is not None:
            attempt["error"] = "hedge_lost"
            self.trace.lost.append((leg.target, Usage(leg.ask.input_tokens(), 0, estimated=True)))


def _reads_more(target: Target, than: Target) -> bool:
    """Tell whether a target may have room for what is too long for another."""
    room, had = target.stated.context_tokens, than.stated.context_tokens
    return room is None or had is None or room > had


def _with_a_key(target: Target) -> Target:
    """Return a target with the key whose turn it is: drawn by weight from the first order that is free."""
    if len(target.keys) < 2:
        return target
    free = _free(target) or list(target.keys)
    first = min(each.order for each in free)
    group = [each for each in free if each.order == first]
    return target.keyed(_random.choices(group, [each.weight for each in group])[0])


def _free(target: Target) -> list[Key]:
    """Return the keys of a target that are not left alone just now."""
    place, now = schema(), time.time()
    return [
        each
        for each in target.keys
        if not health.cooling_s(place, target.cooled_with(each.id), now)
    ]


def _pause_s(again: int, error: GatewayError) -> float:
    """Return how long to wait: at random, so that those who failed together do not come together."""
    pause = _random.uniform(0, min(LONGEST_PAUSE_S, PAUSE_S * 2**again))
    return max(pause, error.retry_after or 0.0)
