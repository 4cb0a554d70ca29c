"""The one way of a call through the gateway: decide, look, reserve, ask, settle, and write down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from apps.common.errors import DomainError
from apps.gateway import bills, ledger
from apps.gateway.answers import Answer
from apps.gateway.asks import Ask
from apps.gateway.cache.answering import answered
from apps.gateway.cache.similar.asking import similar_first
from apps.gateway.calls import GoThrough
from apps.gateway.exceptions import GatewayError
from apps.gateway.exchange import Trace, exchange
from apps.gateway.ledger import Entry
from apps.gateway.models import LlmCall
from apps.gateway.router import Plan, Target, routing_table


@dataclass
class Call:
    """A call that is answered: its answer while the block lasts, its figures afterwards too."""

    ask: Ask
    plan: Plan
    answer: Answer
    target: Target
    entry: Entry
    trace: Trace = field(repr=False)


@dataclass
class _Way:
    """A call on its way, and what is reserved for it."""

    ask: Ask
    entry: Entry
    trace: Trace
    bill: bills.Bill = bills.NONE

    @asynccontextmanager
    async def asked(self) -> AsyncIterator[Answer]:
        """Reserve the worst case, and ask the targets that may be paid."""
        assert self.entry.plan is not None
        self.entry.plan, self.bill = await bills.opened(self.entry.plan, self.ask)
        async with exchange(self.entry.plan, self.ask, self.trace) as answer:
            yield answer

    def close(self) -> None:
        """Write the call down and settle it."""
        try:
            ledger.close(self.entry, self.ask, self.trace)
        finally:
            self.bill.settle(self.entry, self.ask, self.trace)


@asynccontextmanager
async def carried(
    ask: Ask, *, plan: Plan | None = None, go_through: GoThrough | None = None
) -> AsyncIterator[Call]:
    """Carry a call: its answer can be read while the block lasts.

    However it ends, it leaves one row in the ledger, and what was reserved for it is settled.
    Raises GatewayError.
    """
    entry, trace = ledger.opened(), Trace(go_through=go_through)
    way = _Way(ask, entry, trace)
    try:
        entry.plan = plan or (await routing_table()).plan(ask.model)
        carry = partial(carried, go_through=go_through)
        asked = similar_first(way.asked, entry.plan, ask, trace, carry=carry)
        async with answered(entry.plan, ask, trace, asked) as answer:
            assert trace.target is not None
            yield Call(ask, entry.plan, answer, trace.target, entry, trace)
        entry.status, entry.error_code = LlmCall.Status.OK, ""
    except (GatewayError, DomainError) as error:
        entry.error_code = error.code
        raise
    except (asyncio.CancelledError, GeneratorExit):
        entry.status, entry.error_code = LlmCall.Status.CANCELLED, ""
        raise
    finally:
        way.close()
