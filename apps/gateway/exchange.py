"""Asking the targets of a decision, one after another, until one begins to answer.

Whoever cannot be asked, or fails before the first word, gives way to the next; after the first word
somebody has read it, and only a route that says so goes on with another. The breaker of a model
hears how its answer went, to its end.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from apps.gateway.answers import Answer
from apps.gateway.asks import Ask
from apps.gateway.calls import PATIENCE
from apps.gateway.deciding import decide
from apps.gateway.exceptions import DeadlinePassed
from apps.gateway.mending import mended
from apps.gateway.router import Plan
from apps.gateway.routes.candidates import latency_limit
from apps.gateway.trying import Course, Trace

__all__ = ["Trace", "exchange"]


@asynccontextmanager
async def exchange(plan: Plan, ask: Ask, trace: Trace) -> AsyncIterator[Answer]:
    """Hand out the first answer that begins, for as long as the block lasts.

    Raises the last target's GatewayError, DeadlinePassed.
    """
    trace.decision = decision = decide(plan, ask)
    limit_ms = latency_limit(decision.inputs.need, decision.inputs.policy)
    limit_s = PATIENCE.total_s if limit_ms is None else limit_ms / 1000
    course = Course(plan, ask, decision, trace)
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
