"""Targets as a choice sees them, and the hard filters: each refusal has a reason.

All of it is plain data, so that it can be stored with a call and looked at again. What a policy demands
must be stated of a target; what only the call needs is refused where something else is stated.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict

from apps.gateway.routes.policy import Policy

MILLION = Decimal(1_000_000)
LEAST_TOKENS = 16  # that an answer needs, to be worth its money


class Plain(BaseModel):
    """Data of a decision: never altered."""

    model_config = ConfigDict(frozen=True)


class Candidate(Plain):
    """One target: what is stated of it, and how it did lately."""

    provider: str
    model: str
    order: int = 0
    weight: int = 1
    canary: bool = False
    builtin: bool = False
    state: str = "ready"
    context_tokens: int | None = None
    capabilities: tuple[str, ...] = ()
    region: str = ""
    quality: float | None = None
    input_usd: Decimal | None = None  # for a million tokens; None: not known
    output_usd: Decimal | None = None
    load_ms: float = 0.0  # peak-EWMA of the time to the first word, times the calls under way
    expected_ms: int | None = None
    expected_first_ms: int | None = None
    cooling_s: float = 0.0  # for which its provider asked to be left alone
    resting_s: float = 0.0  # for which its breaker leaves it alone

    @property
    def name(self) -> str:
        """How people call it."""
        return f"{self.provider}/{self.model}" if self.model else self.provider

    def cost(self, need: "Need") -> Decimal | None:
        """Return what the call would cost; None where the price is not known."""
        if self.input_usd is None or self.output_usd is None:
            return None
        used = self.input_usd * need.input_tokens + self.output_usd * need.output_tokens
        return (used / MILLION).quantize(Decimal("1e-10"))

    def affordable(self, need: "Need", limit: Decimal) -> int | None:
        """Return how many tokens an answer may have for the money; None: as many as it likes."""
        if self.input_usd is None or not self.output_usd:
            return None
        left = limit * MILLION - self.input_usd * need.input_tokens
        return max(0, int(left / self.output_usd))


class Need(Plain):
    """What one call needs, and the limits that its caller sets."""

    capabilities: tuple[str, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    bounded: bool = False  # whether the caller said how long the answer may become
    max_cost_usd: Decimal | None = None
    max_latency_ms: int | None = None


class Allowed(Plain):
    """The workspace's allow-lists; empty ones allow all."""

    patterns: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


Filter = Callable[[Candidate, Need, Policy, Allowed], Iterator[str]]


def reasons(candidate: Candidate, need: Need, policy: Policy, allowed: Allowed) -> list[str]:
    """Return why a target cannot take a call; empty where it can."""
    if candidate.state != "ready":
        return [candidate.state]
    return [each for judge in FILTERS for each in judge(candidate, need, policy, allowed)]


def cost_limit(need: Need, policy: Policy) -> Decimal | None:
    """Return the stricter of the caller's and the route's limit."""
    return min((each for each in (need.max_cost_usd, policy.max_cost_usd) if each), default=None)


def latency_limit(need: Need, policy: Policy) -> int | None:
    """Return the stricter of the caller's and the route's limit, in milliseconds."""
    both = (need.max_latency_ms, policy.max_latency_ms)
    return min((each for each in both if each), default=None)


def _allowed(candidate: Candidate, need: Need, policy: Policy, allowed: Allowed) -> Iterator[str]:
    if candidate.builtin:  # ours: nothing leaves the product
        return
    if allowed.patterns and not any(fnmatchcase(candidate.name, p) for p in allowed.patterns):
        yield "not_allowed"
    for regions, reason in ((allowed.regions, "region_not_allowed"), (policy.regions, "region")):
        if regions and candidate.region not in regions:
            yield reason if candidate.region else "region_unknown"
            return


def _capable(candidate: Candidate, need: Need, policy: Policy, allowed: Allowed) -> Iterator[str]:
    stated = set(candidate.capabilities)
    missing = set(policy.capabilities) - stated
    if stated:
        missing |= set(need.capabilities) - stated
    yield from (f"lacks_{each}" for each in sorted(missing))


def _large(candidate: Candidate, need: Need, policy: Policy, allowed: Allowed) -> Iterator[str]:
    stated, asked = candidate.context_tokens, need.input_tokens
    if need.bounded:
        asked += need.output_tokens
    if stated is None:
        if policy.min_context:
            yield "context_unknown"
    elif stated < max(asked, policy.min_context or 0):
        yield "context_too_small"


def _good(candidate: Candidate, need: Need, policy: Policy, allowed: Allowed) -> Iterator[str]:
    if policy.quality_floor is None:
        return
    if candidate.quality is None:
        yield "quality_unknown"
    elif candidate.quality < policy.quality_floor:
        yield "quality_too_low"


def _cheap(candidate: Candidate, need: Need, policy: Policy, allowed: Allowed) -> Iterator[str]:
    limit = cost_limit(need, policy)
    if limit is None:
        return
    cost = candidate.cost(need)
    if cost is None:
        yield "price_unknown"
    elif need.bounded or not need.output_tokens:
        if cost > limit:
            yield "too_expensive"
    elif (tokens := candidate.affordable(need, limit)) is not None and tokens < LEAST_TOKENS:
        yield "too_expensive"


def _fast(candidate: Candidate, need: Need, policy: Policy, allowed: Allowed) -> Iterator[str]:
    limit, expected = latency_limit(need, policy), candidate.expected_ms
    if limit is not None and expected is not None and expected > limit:
        yield "too_slow"
    first = candidate.expected_first_ms
    if policy.max_ttft_ms is not None and first is not None and first > policy.max_ttft_ms:
        yield "first_word_too_late"


FILTERS: tuple[Filter, ...] = (_allowed, _capable, _large, _good, _cheap, _fast)
