"""Which targets of a plan a call goes to, by what it needs and by how they do just now."""

import time
from decimal import Decimal
from math import ceil
from typing import Any

from apps.common.ids import uuid7
from apps.egress import circuits
from apps.gateway.asks import Ask
from apps.gateway.checks.verdicts import JUDGE, checks_of
from apps.gateway.exceptions import GatewayError, NoFittingTarget, NoUsableTarget, ProviderBusy
from apps.gateway.models import Endpoint, Provider
from apps.gateway.routes import health
from apps.gateway.routes.candidates import Candidate, Need
from apps.gateway.routes.choice import COOLING, RESTING, Inputs
from apps.gateway.routes.decision import Decision
from apps.gateway.routes.policy import Verify
from apps.gateway.routes.priors import NOTHING, Prior
from apps.gateway.routes.words import in_words
from apps.gateway.targets.router import NOT_LENT, Plan, Target
from apps.tenants.context import NoTenant, current_schema

# What a provider may be beside ready: no other call would fit better.
STATES = {"disabled", "needs_key", "key_refused", str(Provider.Status.WITHDRAWN), NOT_LENT}


def decide(plan: Plan, ask: Ask, *, seed: str = "", checks: tuple[str, ...] = ()) -> Decision:
    """Choose among the targets of a plan, for a call whose answer can be checked by `checks`."""
    task = class_of(ask)
    inputs = Inputs(
        seed=seed or uuid7().hex,
        need=need_of(ask, task, checks),
        policy=plan.policy,
        allowed=plan.allowed,
        candidates=tuple(
            _candidate(each, plan.known.get((task, each.stated.name), NOTHING), streams=ask.streams)
            for each in plan.targets
        ),
        version=plan.version,
    )
    return Decision.made(inputs)


def checks_for(plan: Plan, ask: Ask) -> tuple[str, ...]:
    """Return what answers of a call are checked by on a route; may be slow the first time.

    A stream whose first word is waited for cannot be held: where the route limits that time, streams
    are not checked before they are passed on.
    """
    policy = plan.policy
    if policy.verify == Verify.OFF or ask.task == JUDGE:
        return ()
    if policy.verify == Verify.ESCALATE and ask.streams and policy.first_word_ms:
        return ()
    found = checks_of(ask)
    judged = policy.judge and ask.endpoint == Endpoint.CHAT and ask.body.get("n") in (None, 1)
    return (*found, JUDGE) if judged else found


def class_of(ask: Ask) -> str:
    """Return the class of a call: its task, and the form that its answer has to have."""
    if ask.endpoint != Endpoint.CHAT:
        return str(ask.endpoint)
    form = "tools" if ask.body.get("tools") else "chat"
    form = "json" if ask.body.get("response_format") and form == "chat" else form
    return f"{ask.task}/{form}"[:40] if ask.task else form


def need_of(ask: Ask, task: str = "", checks: tuple[str, ...] = ()) -> Need:
    """Return what a call needs of a target."""
    return Need(
        task=task,
        checks=checks,
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
        why = f": {_told(decision)}" if rejected else ""
        return NoUsableTarget(f"{name} has no provider that can be asked{why}.")
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


def _candidate(target: Target, learnt: Prior, *, streams: bool) -> Candidate:
    """Return a target as it is now, with what was learnt of it; only a stream has a first word."""
    now, place = time.time(), schema()
    vitals = health.of(place, target.stated.name)
    hoped = health.expected(vitals.recent(now))
    lately: dict[str, Any] = {
        "passed": learnt.passed,
        "failed": learnt.failed,
        "bound": None if learnt is NOTHING else learnt.bound,
        "cached_share": learnt.cached_share,
        "load_ms": vitals.load_ms(now),
        "expected_ms": hoped.p50_ms,
        "expected_first_ms": hoped.first_p50_ms if streams else None,
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
