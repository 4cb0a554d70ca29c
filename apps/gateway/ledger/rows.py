"""The ledger's row of one call, made when it is over, however it ended."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from apps.common.ids import uuid7
from apps.common.requests import request_info
from apps.common.types import JSONDict
from apps.gateway.asks import Ask, storable
from apps.gateway.costs.choosing import NONE, Others, others_of
from apps.gateway.ledger import journal
from apps.gateway.models import LlmCall
from apps.gateway.targets.exchange import Trace
from apps.gateway.targets.router import Plan, Target
from apps.gateway.usage import Usage

PATIENCE_S = 2.0  # for the database; a row that is late is not lost


@dataclass
class Entry:
    """What is known of a call while it goes on; until something better is known, we failed."""

    id: UUID
    began_at: datetime
    status: str = LlmCall.Status.ERROR
    error_code: str = "internal"
    plan: Plan | None = None
    usage: Usage = Usage(0, 0)  # noqa: RUF009 - frozen
    cost_usd: Decimal | None = None
    model: str = ""
    latency_ms: int = 0
    others: Others = NONE  # what it would have cost elsewhere


def opened() -> Entry:
    """Return the entry of a call that begins now."""
    return Entry(uuid7(), datetime.now(UTC))


def close(entry: Entry, ask: Ask, trace: Trace) -> None:
    """Settle what the call took and write its row, so that it outlives this process.

    What broke off amid its answer was paid for: where nobody counted it, it is estimated.
    """
    entry.latency_ms = trace.elapsed_ms()
    target, answer = trace.target, trace.answer
    if target is not None:
        entry.model = (answer.model if answer else "") or target.upstream.model
        used = None if answer is None else answer.usage(ask)
        entry.usage, entry.cost_usd = _taken(target, used, trace)
        entry.others = others_of(entry.plan, trace, used)
        if answer is not None and ask.errand.run_id:
            entry.cost_usd = ask.errand.cost_usd
    journal.append(_row(entry, ask, trace))


def _taken(target: Target, usage: Usage | None, trace: Trace) -> tuple[Usage, Decimal | None]:
    """Return what the call took, with what was begun and lost on the way: that is paid for too."""
    if usage is not None and trace.cache in (LlmCall.Cache.HIT, LlmCall.Cache.SEMANTIC):
        return usage, Decimal(0)
    if usage is None and not trace.lost:
        return Usage(0, 0), None
    cost = Decimal(0) if usage is None else target.cost(usage)
    usage = usage or Usage(0, 0)
    for other, lost in trace.lost:
        usage += lost
        more = other.cost(lost)
        cost = None if cost is None or more is None else cost + more
    return usage, cost


async def written() -> None:
    """Wait until what was appended is in the database, for as long as that seems to help."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.wrap_future(journal.written())
    except TimeoutError:
        return


def _row(entry: Entry, ask: Ask, trace: Trace) -> JSONDict:
    plan, target, source = entry.plan, trace.target, ask.source
    usage, cost = entry.usage, entry.cost_usd
    if ask.errand.run_id:  # the calls of its steps have rows of their own: nothing counts twice
        usage, cost = Usage(0, 0), Decimal(0)
    return {
        "id": str(entry.id),
        "request_id": request_info.get().id or str(entry.id),
        "run_id": source.run_id or ask.errand.run_id or None,
        "node_id": source.node_id[:63],
        "workflow_id": str(source.workflow_id) if source.workflow_id else None,
        "key_id": str(source.key_id) if source.key_id else None,
        "user_id": str(source.user_id) if source.user_id else None,
        "endpoint": str(ask.endpoint),
        "route": storable(plan.route if plan else ask.model, 80),
        "route_version": plan.version if plan else None,
        "task": ask.task[:20],
        "task_class": trace.decision.inputs.need.task if trace.decision else "",
        "prompt": ask.prompt[:80],
        "provider": target.upstream.provider if target else "",
        "model": storable(entry.model, 200),
        "credential_id": str(target.credential_id) if target and target.credential_id else None,
        "status": str(entry.status),
        "error_code": entry.error_code[:40],
        "attempts": trace.attempts,
        "decision": trace.decision.record() if trace.decision else {},
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "cached_tokens": usage.cached,
        "reasoning_tokens": usage.reasoning,
        "tokens_estimated": usage.estimated or bool(target and target.is_builtin and trace.answer),
        "cost_usd": _told(cost),
        "mix_usd": _told(entry.others.mix_usd),
        "dearest_usd": _told(entry.others.dearest_usd),
        "verdict": str(trace.verdict.mark) if trace.verdict else "",
        "explored": bool(trace.decision and trace.decision.outcome.explored),
        "guards": trace.tally.rows() if trace.tally else [],
        "withheld": sorted(trace.withheld),
        "cache": trace.cache,
        "cache_name": trace.cache_name,
        "similarity": trace.similarity,
        "saved_usd": _told(trace.saved_usd),
        "latency_ms": entry.latency_ms,
        "ttft_ms": trace.first_ms,
        "streamed": ask.streams,
        "builtin": bool(target and target.is_builtin),
        "idempotency_key": ask.idempotency_key[:255],
        "created_at": entry.began_at.isoformat(),
    }


def _told(usd: Decimal | None) -> str | None:
    return None if usd is None else str(usd)
