"""Decisions as people look at them: of a call that was made, and of one that is only thought of."""

import time
from dataclasses import dataclass
from decimal import Decimal

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.egress import circuits
from apps.gateway.asks import Ask
from apps.gateway.models import LlmCall, ModelRoute
from apps.gateway.routes import health, sharing
from apps.gateway.routes.candidates import ENOUGH, Candidate
from apps.gateway.routes.decision import Decision
from apps.gateway.routes.health import Expected
from apps.gateway.routes.policy import Verify
from apps.gateway.routes.words import CHECKS, in_words
from apps.gateway.targets import router
from apps.gateway.targets.deciding import checks_for, decide, refusal_of, schema


@dataclass(frozen=True)
class Shown:
    """One candidate of a decision. `place` is when it is asked, from 1 on; None: not at all."""

    candidate: Candidate
    place: int | None
    reasons: tuple[str, ...]
    cost_usd: Decimal | None

    @property
    def checked(self) -> int:
        """How many of its answers were checked lately."""
        return round(self.candidate.passed + self.candidate.failed)

    @property
    def learnt(self) -> bool:
        """Whether its quality is what was learnt, not what is stated."""
        return self.checked >= ENOUGH and self.candidate.bound is not None

    @property
    def words(self) -> list[str]:
        """Why it is not asked, for people."""
        return [in_words(each) for each in self.reasons]

    expected_cost_usd: Decimal | None = None

    @property
    def expected(self) -> Expected:
        """What may be expected of it now."""
        vitals = health.of(schema(), self.candidate.name)
        return health.expected(vitals.recent(time.time()))


@dataclass(frozen=True)
class Explanation:
    """A decision with all that it was made from. `refused` says why nobody is asked."""

    decision: Decision
    candidates: list[Shown]
    refused: str = ""

    @property
    def chosen(self) -> Shown | None:
        """Who is asked first."""
        return next((each for each in self.candidates if each.place == 1), None)

    @property
    def manner(self) -> str:
        """How the call is answered where answers are checked, in a sentence."""
        inputs = self.decision.inputs
        if inputs.policy.verify == Verify.OFF:
            return ""
        named = f"A call of the class {inputs.need.task}"
        checks = [CHECKS.get(each, each) for each in inputs.need.checks]
        if not checks:
            return f"{named}: nothing can check its answer before it is passed on."
        held = "is held until it holds" if inputs.verified else "is checked after it was passed on"
        return f"{named}: its answer {held}, by {' and '.join(checks)}."

    @property
    def holds(self) -> bool:
        """Whether choosing again from the same ends in the same."""
        return self.decision.replayed() == self.decision.outcome


def dry_decision(route: ModelRoute, *, actor: User, ask: Ask) -> Explanation:
    """Decide as if a call came now; nobody is asked. Raises Forbidden."""
    policies.check(actor, "manage", route)
    sharing.catch_up(schema())
    circuits.look()
    plan = router.load().plan(route.alias)
    decision = decide(plan, ask, checks=checks_for(plan, ask))
    refused = "" if decision.outcome.ranked else refusal_of(decision, plan).message
    return Explanation(decision, _shown(decision), refused)


def explanation_of(call: LlmCall) -> Explanation | None:
    """Return why a call went where it went; None for one from before decisions were kept."""
    decision = Decision.kept(call.decision)
    return None if decision is None else Explanation(decision, _shown(decision))


def _shown(decision: Decision) -> list[Shown]:
    """Return the candidates: first those that are asked, in order."""
    inputs, outcome = decision.inputs, decision.outcome
    places = {place: number for number, place in enumerate(outcome.ranked, 1)}
    found = [
        Shown(
            each,
            places.get(place),
            outcome.rejected.get(place, ()),
            each.cost(inputs.need),
            each.expected_cost(inputs.need),
        )
        for place, each in enumerate(inputs.candidates)
    ]
    return sorted(found, key=lambda each: (each.place or len(found) + 1, each.candidate.order))


def ask_of(body: JSONDict, route: ModelRoute) -> Ask:
    """Return the call that a body would be, such as programs send it."""
    endpoint = "embeddings" if "input" in body else "chat"
    return Ask(model=route.alias, body=body, endpoint=endpoint, streams=body.get("stream") is True)
