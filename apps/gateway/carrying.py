"""The one way of a call through the gateway: decide, reserve, ask, settle, and write down what it took."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from apps.gateway import bills, ledger
from apps.gateway.answers import Answer
from apps.gateway.asks import Ask
from apps.gateway.calls import GoThrough
from apps.gateway.exceptions import GatewayError
from apps.gateway.exchange import Trace, exchange
from apps.gateway.ledger import Entry
from apps.gateway.models import LlmCall
from apps.gateway.router import Plan, Target, directory


@dataclass
class Call:
    """A call that is answered: its answer while the block lasts, its figures afterwards too."""

    ask: Ask
    plan: Plan
    answer: Answer
    target: Target
    entry: Entry
    trace: Trace = field(repr=False)


@asynccontextmanager
async def carried(
    ask: Ask, *, plan: Plan | None = None, go_through: GoThrough | None = None
) -> AsyncIterator[Call]:
    """Carry a call: its answer can be read while the block lasts.

    However it ends, it leaves one row in the ledger, and what was reserved for it is settled.
    Raises GatewayError.
    """
    entry, trace, bill = ledger.opened(), Trace(go_through=go_through), bills.NONE
    try:
        entry.plan = plan or (await directory()).plan(ask.model)
        entry.plan, bill = await bills.opened(entry.plan, ask)
        async with exchange(entry.plan, ask, trace) as answer:
            assert trace.target is not None
            yield Call(ask, entry.plan, answer, trace.target, entry, trace)
        entry.status, entry.error_code = LlmCall.Status.OK, ""
    except GatewayError as error:
        entry.error_code = error.code
        raise
    except (asyncio.CancelledError, GeneratorExit):
        entry.status, entry.error_code = LlmCall.Status.CANCELLED, ""
        raise
    finally:
        try:
            ledger.close(entry, ask, trace)
        finally:
            bill.settle(entry, ask, trace)
