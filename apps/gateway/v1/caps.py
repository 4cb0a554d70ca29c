"""What a program allows one call to cost and to take: parameters of ours, that no provider sees."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from apps.gateway.asks import Ask, Caps
from apps.gateway.routes.policy import LONGEST_MS
from apps.gateway.v1.refusals import BadCall

COST, LATENCY = "max_cost_usd", "max_latency_ms"
MOST_USD = 10_000


def capped(ask: Ask) -> Ask:
    """Return the call with its caps, which its body then holds no more. Raises BadCall."""
    if not {COST, LATENCY} & set(ask.body):
        return ask
    body = {name: value for name, value in ask.body.items() if name not in (COST, LATENCY)}
    cost, latency = _number(ask.body.get(COST), COST), _number(ask.body.get(LATENCY), LATENCY)
    if cost is not None and not 0 < cost <= MOST_USD:
        raise BadCall(f"Use dollars, at most {MOST_USD:,}.", param=COST)
    if latency is not None and not 1 <= latency <= LONGEST_MS:
        raise BadCall(f"Use milliseconds from 1 to {LONGEST_MS:,}.", param=LATENCY)
    caps = Caps(cost, None if latency is None else int(latency))
    return replace(ask, body=body, caps=caps)


def _number(value: Any, name: str) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadCall(f"`{name}` is a number.", param=name, code="invalid_type")
    return Decimal(str(value))
