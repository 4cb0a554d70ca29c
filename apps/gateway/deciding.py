"""Which targets of a plan a call goes to, by what it needs and by how they do just now."""

import time
from decimal import Decimal
from math import ceil
from typing import Any

from apps.common.ids import uuid7
from apps.egress import circuits
from apps.gateway.asks import Ask
from apps.gateway.exceptions import GatewayError, NoFittingTarget, NoUsableTarget, ProviderBusy
from apps.gateway.models import Endpoint
from apps.gateway.router import Plan, Target
from apps.gateway.routes import health
from apps.gateway.routes.candidates import Candidate, Need
from apps.gateway.routes.choice import COOLING, RESTING, Inputs
from apps.gateway.routes.decision import Decision
from apps.gateway.routes.words import in_words
from apps.tenants.context import NoTenant, current_schema

STATES = {"disabled", "needs_key", "key_refused"}


def decide(plan: Plan, ask: Ask) -> Decision:
    """Choose among the targets of a plan."""
    inputs = Inputs(
        seed=uuid7().hex,
        need=need_of(ask),
        policy=plan.policy,
        allowed=plan.allowed,
        candidates=tuple(_candidate(each) for each in plan.targets),
    )
    return Decision.made(inputs)


def need_of(ask: Ask) -> Need:
    """Return what a call needs of a target."""
    return Need(
        capabilities=tuple(_capabilities(ask)),
        input_tokens=ask.input_tokens(),
        output_tokens=ask.answer_tokens(),
        bounded=ask.answer_limit is not None,
        max_cost_usd=ask.caps.max_cost_usd,
        max_latency_ms=ask.caps.max_latency_ms,
    )


def refusal_of(decision: Decision, plan: Plan) -> GatewayError:
    """Return why nobody can be asked."""
    rejected = decision.outcome.rejected
    name = f"The route “{plan.route}”" if plan.route else "This model"
    causes = {reason for why in rejected.values() for reason in why}
    if causes <= STATES:
        return NoUsableTarget(f"{name} has no provider that is enabled and has a key.")
    cooling = [
        decision.inputs.candidates[place].cooling_s
        for place, why in rejected.items()
        if COOLING in why and set(why) <= {COOLING, RESTING}
    ]
    if cooling:
        wait = ceil(min(cooling))
        return ProviderBusy(
            f"{name} was asked to wait: its providers are limiting calls.", retry_after=wait
        )
    return NoFittingTarget(f"{name} has no target that fits this call: {_told(decision)}.")


def affordable(target: Target, decision: Decision, limit: Decimal | None) -> int | None:
    """Return how long an answer may become for the money, where its asker left that open."""
    need = decision.inputs.need
    if limit is None or need.bounded or not need.output_tokens:
        return None
    return target.stated.affordable(need, limit)


def schema() -> str:
    """Return what knowledge of targets is kept by; empty outside of workspaces."""
    try:
        return current_schema()
    except NoTenant:
        return ""


def _candidate(target: Target) -> Candidate:
    """Return a target as it is now."""
    now, place = time.time(), schema()
    vitals = health.of(place, target.stated.name)
    hoped = health.expected(vitals.recent(now))
    lately: dict[str, Any] = {
        "load_ms": vitals.load_ms(now),
        "expected_ms": hoped.p50_ms,
        "expected_first_ms": hoped.first_p50_ms,
        "cooling_s": min(health.cooling_s(place, each, now) for each in target.pool),
        "resting_s": 0.0 if target.is_ours or not place else _resting_s(target),
    }
    return target.stated.model_copy(update=lately)


def _resting_s(target: Target) -> float:
    circuit = circuits.seen(circuits.name_of("model", target.upstream.place))
    return round(circuit.left_s, 3) if circuit is not None else 0.0


def _capabilities(ask: Ask) -> list[str]:
    if ask.endpoint == Endpoint.EMBEDDINGS:
        return ["embeddings"]
    found = ["tools"] if ask.body.get("tools") else []
    return [*found, "vision"] if any(map(_shows, ask.messages)) else found


def _shows(message: Any) -> bool:
    """Whether a message holds an image."""
    parts = message.get("content") if isinstance(message, dict) else None
    return isinstance(parts, list) and any(
        isinstance(each, dict) and str(each.get("type", "")).endswith(("image_url", "image"))
        for each in parts
    )


def _told(decision: Decision) -> str:
    return "; ".join(
        f"{decision.inputs.candidates[place].name}: {', '.join(in_words(each) for each in why)}"
        for place, why in decision.outcome.rejected.items()
    )
