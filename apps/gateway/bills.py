"""What a call through a route is reserved for, and what it is settled at."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from apps.gateway.adapters.openai_compatible import limit_name
from apps.gateway.budgets import spending
from apps.gateway.budgets.estimates import most_tokens
from apps.gateway.budgets.purse import NOTHING, Charge
from apps.gateway.budgets.spending import Terms
from apps.gateway.budgets.subjects import Payer
from apps.gateway.calls import CompletionRequest, estimated_tokens
from apps.gateway.exceptions import PriceUnknown, ProviderTimedOut
from apps.gateway.models import LlmCall
from apps.gateway.router import Plan, Target, Trace

LIMITS = ("max_completion_tokens", "max_tokens")


@dataclass(frozen=True)
class Bill:
    """What is reserved for a call, and by which terms it is settled."""

    terms: Terms
    charge: Charge


async def opened(plan: Plan, request: CompletionRequest) -> tuple[Plan, Bill]:
    """Reserve the worst case of what a route may lead to; what cannot be paid for is left out.

    An answer whose length nobody limits is limited where a budget stops: only so is there a worst
    case. Raises BudgetReached, PriceUnknown, BudgetsAway.
    """
    terms = await spending.terms_of(Payer.of(request.source))
    if not terms.binds or all(target.is_builtin for target in plan.targets):
        return plan, Bill(terms, NOTHING)
    usable = [each for each in plan.targets if each.is_builtin or terms.price(each.price)]
    if not usable:
        raise PriceUnknown(f"A budget applies, and what {_models(plan)} costs is not known.")
    sent = most_tokens([request.messages, request.json_schema])
    most = max(_worst(target, request, terms, sent) for target in usable)
    held = tuple(_held(target, request, terms) for target in usable)
    return replace(plan, targets=held), Bill(terms, await spending.reserve(terms, most))


def settle(bill: Bill, entry: LlmCall, request: CompletionRequest, trace: Trace) -> None:
    """Settle a call at what it cost, as far as that was counted, else at what we guess."""
    if bill.charge.is_open:
        bill.charge.settle(_cost(bill.terms, entry, request, trace))


def _worst(target: Target, request: CompletionRequest, terms: Terms, sent: int) -> Decimal:
    if target.is_builtin:
        return Decimal(0)
    return terms.worst(target.price, sent, _asked(target, request))


def _held(target: Target, request: CompletionRequest, terms: Terms) -> Target:
    """Return the target with a limit of the answer, where it needs one and has none."""
    params = target.upstream.params
    limit = terms.answer_tokens(target.price, _asked(target, request))
    if target.is_builtin or limit is None or any(name in params for name in LIMITS):
        return target
    limited = {**params, limit_name(target.upstream): limit}
    return replace(target, upstream=replace(target.upstream, params=limited))


def _asked(target: Target, request: CompletionRequest) -> int | None:
    """Return how long the answer may become, as the route says, else as the call does."""
    said = [target.upstream.params.get(name) for name in LIMITS]
    found = next((each for each in said if isinstance(each, int)), None)
    return found or request.max_tokens


def _cost(terms: Terms, entry: LlmCall, request: CompletionRequest, trace: Trace) -> Decimal:
    target = trace.target
    if entry.cost_usd is not None or target is None:
        return entry.cost_usd or Decimal(0)
    price = terms.price(target.price)
    if price is None or target.is_builtin:
        return Decimal(0)
    if not (entry.input_tokens or entry.output_tokens) and _was_read(trace):
        return price.cost(estimated_tokens(str(request.messages)), 0)
    return price.cost(entry.input_tokens, entry.output_tokens)


def _was_read(trace: Trace) -> bool:
    """Tell whether a model may have read what was sent, though nothing came back: that is charged."""
    error = trace.attempts[-1].get("error") if trace.attempts else None
    return bool(trace.attempts) and error in (None, ProviderTimedOut.code)


def _models(plan: Plan) -> str:
    names: Iterable[str] = (target.upstream.model for target in plan.targets)
    return " or ".join(dict.fromkeys(names))
