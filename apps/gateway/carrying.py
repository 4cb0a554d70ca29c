"""The one way of a call through the gateway: decide, look, reserve, ask, settle, and write down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from apps.common.errors import DomainError
from apps.gateway import bills
from apps.gateway.asks import Ask
from apps.gateway.cache.answering import answered
from apps.gateway.cache.similar.asking import similar_first
from apps.gateway.calls import GoThrough
from apps.gateway.exceptions import GatewayError
from apps.gateway.guards.door import gate_of
from apps.gateway.guards.policy import NONE as NO_GUARDS
from apps.gateway.ledger import rows
from apps.gateway.ledger.rows import Entry
from apps.gateway.models import LlmCall
from apps.gateway.targets.exchange import Trace, exchange
from apps.gateway.targets.router import Plan, Target, routing_table
from apps.gateway.upstreams.answers import Answer

if TYPE_CHECKING:
    from apps.gateway.guards.gate import Gate


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

    async def guarded(self) -> "Gate | None":
        """Let the call pass the guards of its route, where it has some. Raises GuardRefused."""
        assert self.entry.plan is not None
        if self.entry.plan.guards is None and self.ask.withheld is None:
            return None
        gate = await gate_of(self.entry.plan.guards or NO_GUARDS)
        self.trace.tally, self.trace.withheld = gate.tally, gate.withheld
        self.ask = await gate.screened(self.ask)
        return gate

    @asynccontextmanager
    async def asked(self) -> AsyncIterator[Answer]:
        """Reserve the worst case, and ask the targets that may be paid."""
        assert self.entry.plan is not None
        self.entry.plan, self.bill = await bills.opened(self.entry.plan, self.ask)
        self.trace.pay = partial(self.bill.can_pay, self.trace, self.entry.plan)
        async with exchange(self.entry.plan, self.ask, self.trace) as answer:
            yield answer

    def close(self) -> None:
        """Write the call down and settle it."""
        try:
            self.trace.lost += bills.unheard(self.entry, self.ask, self.trace)
            rows.close(self.entry, self.ask, self.trace)
        finally:
            self.bill.settle(self.entry, self.ask, self.trace)


@asynccontextmanager
async def carried(
    ask: Ask, *, plan: Plan | None = None, go_through: GoThrough | None = None
) -> AsyncIterator[Call]:
    """Carry a call: its answer can be read while the block lasts.

    However it ends, it leaves one row in the rows, and what was reserved for it is settled.
    Raises GatewayError.
    """
    entry = rows.opened()
    again = partial(carried, go_through=go_through)
    trace = Trace(go_through=go_through, seed=entry.id.hex, carry=again)
    way = _Way(ask, entry, trace)
    try:
        entry.plan = plan or (await routing_table()).plan(ask.model)
        if ask.withheld is not None and ask.withheld.keeps_nothing:
            entry.plan = replace(entry.plan, cache=None)
        gate = await way.guarded()
        asked = similar_first(way.asked, entry.plan, way.ask, trace)
        async with answered(entry.plan, way.ask, trace, asked) as answer:
            assert trace.target is not None
            passed = gate.answered(answer) if gate else answer
            yield Call(way.ask, entry.plan, passed, trace.target, entry, trace)
        if gate is not None:
            await gate.keep(entry.id, way.ask)
        entry.status, entry.error_code = LlmCall.Status.OK, ""
    except (GatewayError, DomainError) as error:
        entry.error_code = error.code
        raise
    except (asyncio.CancelledError, GeneratorExit):
        entry.status, entry.error_code = LlmCall.Status.CANCELLED, ""
        raise
    finally:
        way.close()
