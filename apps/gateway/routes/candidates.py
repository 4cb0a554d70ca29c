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
ENOUGH = 20  # checked answers, before what was learnt counts for more than what is stated
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
    cheap: bool = False  # asked last where nothing can check its answer
    builtin: bool = False
    state: str = "ready"
    context_tokens: int | None = None
    capabilities: tuple[str, ...] = ()
    region: str = ""
    quality: float | None = None
    input_usd: Decimal | None = None  # for a million tokens; None: not known
    output_usd: Decimal | None = None
    cached_usd: Decimal | None = None  # for input that its provider still has; None: like the rest
    # What was learnt of it for the call's class: answers that passed and failed their check, lately;
    # the quality that it has with 19 to 1; what part of the input its provider still had.
    passed: float = 0.0
    failed: float = 0.0
    bound: float | None = None
    cached_share: float = 0.0
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

    @property
    def proven(self) -> float | None:
        """The quality that counts: what was learnt, once that is enough, else what is stated."""
        learnt = self.bound is not None and self.passed + self.failed >= ENOUGH
        return self.bound if learnt else self.quality

    @property
    def hold_rate(self) -> Decimal:
        """How often its answers are expected to pass their check; half where nothing is known."""
        return Decimal(str(round((self.passed + 1) / (self.passed + self.failed + 2), 6)))

    def expected_cost(self, need: "Need") -> Decimal | None:
        """Return what the call would cost with what its provider still has of the input."""
        whole = self.cost(need)
        if whole is None or self.cached_usd is None or self.input_usd is None:
            return whole
        cheaper = (self.input_usd - self.cached_usd) * Decimal(str(self.cached_share))
        return max(Decimal(0), whole - cheaper * need.input_tokens / MILLION)

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
    task: str = ""  # its class: what was learnt of others of it holds for this one
    checks: tuple[str, ...] = ()  # what its answer can be checked by
    max_cost_usd: Decimal | None = None
    max_latency_ms: int | None = None


class Allowed(Plain):
    """The workspace's allow-lists; empty ones allow all."""

    patterns: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


LATE = "first_word_too_late"
Filter = Callable[[Candidate, Need, Policy, Allowed], Iterator[str]]


def reasons(candidate: Candidate, need: Need, policy: Policy, allowed: Allowed) -> list[str]:
    """Return why a target cannot take a call; empty where it can."""
    if candidate.state != "ready":
        return [candidate.state]
    return [each for judge in FILTERS for each in judge(candidate, need, policy, allowed)]


def cost_limit(need: Need, policy: Policy) -> Decimal | None:
    """Return the stricter of the caller's and the route's limit."""
    return min((each for each in (need.max_cost_usd, policy.max_cost_usd) if each), default=None)


def is_paid_by(candidate: Candidate, need: Need, limit: Decimal) -> bool:
    """Tell whether money suffices for a target's answer, or for the least that is worth anything."""
    cost = candidate.cost(need)
    if cost is None:
        return False
    if need.bounded or not need.output_tokens:
        return cost <= limit
    tokens = candidate.affordable(need, limit)
    return tokens is None or tokens >= LEAST_TOKENS


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
    proven = candidate.proven
    if proven is None:
        yield "quality_unknown"
    elif proven < policy.quality_floor:
        yield "quality_too_low"


def _cheap(candidate: Candidate, need: Need, policy: Policy, allowed: Allowed) -> Iterator[str]:
    limit = cost_limit(need, policy)
    if limit is None:
        return
    if candidate.cost(need) is None:
        yield "price_unknown"
    elif not is_paid_by(candidate, need, limit):
        yield "too_expensive"


def _fast(candidate: Candidate, need: Need, policy: Policy, allowed: Allowed) -> Iterator[str]:
    limit, expected = latency_limit(need, policy), candidate.expected_ms
    if limit is not None and expected is not None and expected > limit:
        yield "too_slow"
    limit, expected = policy.first_word_ms, candidate.expected_first_ms
    if limit is not None and expected is not None and expected > limit:
        yield LATE


FILTERS: tuple[Filter, ...] = (_allowed, _capable, _large, _good, _cheap, _fast)
