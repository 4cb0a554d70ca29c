"""Asking the targets of a decision, one after another, until one begins to answer.

Whoever cannot be asked, or fails before the first word, gives way to the next; after the first word
somebody has read it, and only a route that says so goes on with another. The breaker of a model
hears how its answer went, to its end. Where a route climbs, nobody reads before an answer holds.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from apps.gateway.asks import Ask
from apps.gateway.calls import PATIENCE
from apps.gateway.exceptions import DeadlinePassed
from apps.gateway.routes.candidates import latency_limit
from apps.gateway.routes.policy import Verify
from apps.gateway.targets.climbing import Climb, watched
from apps.gateway.targets.deciding import checks_for, decide
from apps.gateway.targets.mending import mended
from apps.gateway.targets.router import Plan
from apps.gateway.targets.trying import Course, Trace
from apps.gateway.upstreams.answers import Answer

__all__ = ["Trace", "exchange"]


@asynccontextmanager
async def exchange(plan: Plan, ask: Ask, trace: Trace) -> AsyncIterator[Answer]:
    """Hand out the first answer that begins, for as long as the block lasts.

    Raises the last target's GatewayError, DeadlinePassed.
    """
    checks = await _checks(plan, ask)
    trace.decision = decision = decide(plan, ask, seed=trace.seed, checks=checks)
    limit_ms = latency_limit(decision.inputs.need, decision.inputs.policy)
    limit_s = PATIENCE.total_s if limit_ms is None else limit_ms / 1000
    course = Course(plan, ask, decision, trace)
    way = _climbed if decision.inputs.verified else _passed_on
    async with way(course, limit_s) as answer:
        yield answer
    if checks and not decision.inputs.verified:
        await watched(course)


async def _checks(plan: Plan, ask: Ask) -> tuple[str, ...]:
    """Return what answers are checked by; schemas are looked at in a thread."""
    if plan.policy.verify == Verify.OFF:
        return ()
    return await asyncio.to_thread(checks_for, plan, ask)


@asynccontextmanager
async def _climbed(course: Course, limit_s: float) -> AsyncIterator[Answer]:
    async with course:
        answer = await Climb(course).top(limit_s)
        if answer.streams:
            course.trace.first_ms = course.trace.elapsed_ms()
        yield answer


@asynccontextmanager
async def _passed_on(course: Course, limit_s: float) -> AsyncIterator[Answer]:
    trace = course.trace
    try:
        async with asyncio.timeout(limit_s) as deadline, course:
            answer = await course.first()
            trace.answer = answer = mended(answer, course)
            if answer.streams:
                trace.first_ms = trace.elapsed_ms()
            yield answer
    except TimeoutError as error:
        if not deadline.expired():
            raise
        raise DeadlinePassed(f"There was no whole answer within {limit_s:g} s.") from error
