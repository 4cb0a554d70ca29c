"""One call of a program: its limits, the gateway, and the answer passed on as it comes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from apps.egress.nesting import depth_in
from apps.gateway import workflow_models
from apps.gateway.asks import Ask
from apps.gateway.carrying import Call, carried
from apps.gateway.targets.router import Plan, routing_table
from apps.gateway.v1 import limits
from apps.gateway.v1.access import Access
from apps.gateway.v1.allowed import while_allowed
from apps.gateway.v1.caps import capped
from apps.gateway.v1.limits import Left
from apps.gateway.v1.refusals import ModelNotFound
from apps.gateway.v1.replies import Reply, cost_of, headers_of
from apps.gateway.v1.requests import Request


async def answer(ask: Ask, request: Request, reply: Reply) -> None:
    """Carry a call and answer with what came back. Raises GatewayError, DomainError, Gone."""
    ask = replace(capped(ask), source=replace(ask.source, depth=depth_in(request.headers)))
    plan = await plan_of(ask.model, request.access)
    with limits.place():
        async with _limited(ask, request.access) as used:
            reply.headers |= limits.headers_of(used.left)
            async with (
                request.while_here(),
                while_allowed(request),
                carried(ask, plan=plan) as call,
            ):
                used.call = call
                if call.answer.streams:
                    await reply.stream(headers_of(call))
                    async for part in call.answer.parts():
                        await reply.say(part)
                else:
                    parts = [part async for part in call.answer.parts()]
    if call.answer.streams:
        await reply.end()
    else:
        await reply.whole(200, b"".join(parts), headers_of(call) | cost_of(call))


async def plan_of(model: str, access: Access) -> Plan | None:
    """Return the way to a workflow; None for an alias or `provider/model`, which routes lead to.

    Raises ModelNotFound unless the key may ask it.
    """
    if workflow_models.is_workflow(model):
        plan = await workflow_models.plan_of(model, access.source)
        if plan is None:
            raise ModelNotFound(model)
        return plan
    known = model in (await routing_table()).routes
    allowed = access.may_use(model) if known else access.may_name(model)
    if not allowed:
        raise ModelNotFound(model)
    return None


class _Used:
    """What a call took of its key's limits, and the call once there is one."""

    def __init__(self, left: list[Left]) -> None:
        self.left = left
        self.call: Call | None = None


@asynccontextmanager
async def _limited(ask: Ask, access: Access) -> AsyncIterator[_Used]:
    """Count a call, and its tokens by a guess that is put right in the end. Raises RateExceeded."""
    if access.rpm is None and access.tpm is None:
        yield _Used([])
        return
    tokens = ask.most_tokens() if access.tpm is not None else 0
    rates = limits.rates_of(access.rpm, access.tpm, tokens)
    used = _Used(await limits.take(access.key_id, rates))
    try:
        yield used
    finally:
        usage = used.call.entry.usage if used.call is not None else None
        await limits.settle(access.key_id, rates, usage.input + usage.output if usage else 0)
