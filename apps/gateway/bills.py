"""What a call is reserved for before it is made, and what it is settled at once it is over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from apps.common.types import JSONDict
from apps.gateway.adapters.speaking import is_limited, limit_name
from apps.gateway.asks import SPEAKING, Ask
from apps.gateway.budgets import spending
from apps.gateway.budgets.estimates import most_tokens
from apps.gateway.budgets.purse import NOTHING, Charge
from apps.gateway.budgets.spending import Terms
from apps.gateway.budgets.subjects import Payer
from apps.gateway.budgets.tally import usd
from apps.gateway.exceptions import (
    AnswerCut,
    DeadlinePassed,
    FirstWordLate,
    PriceUnknown,
    ProviderTimedOut,
)
from apps.gateway.ledger.rows import Entry
from apps.gateway.models import MoneyRules
from apps.gateway.routes.policy import Mending, Verify
from apps.gateway.targets.exchange import Trace
from apps.gateway.targets.router import Plan, Target
from apps.gateway.usage import Usage

# A model may have read what was sent, and thought about it, though nothing came back.
SILENT = (ProviderTimedOut.code, AnswerCut.code, DeadlinePassed.code, FirstWordLate.code)
UNPAID = "budget"  # the state of a target that a budget has too little left for

Took = tuple[Target, Usage]


@dataclass(frozen=True)
class Bill:
    """What is reserved for a call, and by which terms it is settled."""

    terms: Terms
    charge: Charge = NOTHING
    more: list[Charge] = field(default_factory=list)  # for further attempts, after what failed

    async def can_pay(self, trace: Trace, plan: Plan, ask: Ask, targets: Sequence[Target]) -> bool:
        """Tell whether targets may be asked too, once what that may cost is reserved.

        Of what is reserved already, what those who were asked may have taken is gone.
        """
        if not self.terms.binds:
            return True
        spent = self._cost_of([*trace.lost, *_silent(trace, plan, ask, _targets(trace.lost))])
        sent = most_tokens(ask.body)
        worst = sum((_worst(each, ask, self.terms, sent) for each in targets), Decimal(0))
        reserved = sum((each.amount for each in self._charges), 0)
        lacking = spent + worst - usd(reserved)
        charge = NOTHING if lacking <= 0 else await spending.reserve_if(self.terms, lacking)
        if charge is None:
            return False
        self.more.append(charge)
        return True

    def settle(self, entry: Entry, ask: Ask, trace: Trace) -> None:
        """Count what the ledger says that the call cost; by what is assumed where it says nothing."""
        left = entry.cost_usd
        if left is None:
            took = list(trace.lost)
            if trace.answer is not None and trace.target is not None:
                took.append((trace.target, trace.answer.usage(ask)))
            left = self._cost_of(took)
        *first, last = self._charges
        for charge in first:
            part = min(left, usd(charge.amount))
            charge.settle(part)
            left -= part
        last.settle(left)

    @property
    def _charges(self) -> list[Charge]:
        return [each for each in (self.charge, *self.more) if each.amount] or [NOTHING]

    def _cost_of(self, took: Iterable[Took]) -> Decimal:
        cost = Decimal(0)
        for target, usage in took:
            price = None if target.is_ours else self.terms.price(target.price)
            cost += price.cost(usage) if price else Decimal(0)
        return cost


def unheard(entry: Entry, ask: Ask, trace: Trace) -> list[Took]:
    """Guess what those took who were asked and said nothing, the one who was left among them.

    The one who answered is counted, and so is what was lost on the way: the trace tells of both.
    """
    if entry.plan is None:
        return []
    counted = _targets(trace.lost)
    if trace.answer is not None and trace.target is not None:
        counted.append(trace.target)
    return _silent(trace, entry.plan, ask, counted)


def _silent(trace: Trace, plan: Plan, ask: Ask, counted: Iterable[Target]) -> list[Took]:
    """Return the targets of attempts that said nothing, beside those that are counted."""
    attempts = [each for each in trace.attempts if each.get("error") in (None, *SILENT)]
    for target in counted:
        found = next((each for each in attempts if _is_of(each, target)), None)
        if found is not None:
            attempts.remove(found)
    sent = ask.input_tokens()
    guess = Usage(sent, ask.most_tokens() - sent, estimated=True)
    targets = [next((t for t in plan.targets if _is_of(each, t)), None) for each in attempts]
    return [(each, guess) for each in targets if each is not None and not each.is_ours]


def _is_of(attempt: JSONDict, target: Target) -> bool:
    named = target.upstream.provider, target.stated.model
    return (attempt["provider"], attempt["model"]) == named


def _targets(took: Iterable[Took]) -> list[Target]:
    return [target for target, _ in took]


NONE = Bill(Terms((), MoneyRules()))


async def opened(plan: Plan, ask: Ask) -> tuple[Plan, Bill]:
    """Reserve the worst case of what a plan may lead to; whose price is not known is left out.

    An answer whose length nobody limits is limited where a budget stops: only so is there a worst
    case. Raises BudgetReached, PriceUnknown, BudgetsAway.
    """
    terms = await spending.terms_of(Payer.of(ask.source))
    ready = [each for each in plan.targets if each.state == "ready"]
    if not terms.binds or all(each.is_ours for each in ready):
        return plan, Bill(terms)
    usable = [each for each in ready if each.is_ours or terms.price(each.price)]
    if not usable:
        names = " or ".join(dict.fromkeys(each.upstream.model for each in ready))
        raise PriceUnknown(f"A budget applies, and what {names} costs is not known.")
    sent = most_tokens(ask.body)
    cheap_first = sorted(usable, key=lambda target: _worst(target, ask, terms, sent))
    worst = [_worst(target, ask, terms, sent) for target in cheap_first]
    # All of them, else all but the dearest, and so on: a call that some can answer is not refused.
    amounts = [_most(plan, worst[:count]) for count in range(len(worst), 0, -1)]
    charge, place = await spending.reserve_first(terms, amounts)
    unpaid = cheap_first[len(worst) - place :]
    # Those who cannot be asked stay, so that the decision can say why.
    kept = [each for each in plan.targets if each in usable or each not in ready]
    shown = [replace(each, state=UNPAID) if each in unpaid else each for each in kept]
    held = replace(plan, targets=tuple(_held(each, ask, terms) for each in shown))
    return held, Bill(terms, charge)


def _most(plan: Plan, worst: list[Decimal]) -> Decimal:
    """Return what is paid at most at once: each rung of a climb, a hedge, what a broken one is mended by.

    `worst` is what each target may cost, the cheapest first.
    """
    hedge = worst[-1] * plan.policy.hedge
    if plan.policy.verify == Verify.ESCALATE:
        return sum(worst, Decimal(0)) + hedge
    if plan.policy.mending != Mending.OFF:
        return worst[-1] * len(worst) + hedge
    return worst[-1] + hedge


def _worst(target: Target, ask: Ask, terms: Terms, sent: int) -> Decimal:
    if target.is_ours:
        return Decimal(0)
    if ask.endpoint not in SPEAKING:
        return terms.worst(target.price, sent, 0)
    answer = terms.longest_answer(
        target.price, max(ask.limits(target.upstream.params), default=None)
    )
    return terms.worst(target.price, sent, answer * ask.most_choices)


def _held(target: Target, ask: Ask, terms: Terms) -> Target:
    """Return the target with a limit of the answer, where it needs one and has none."""
    if target.is_ours or not terms.stops or ask.endpoint not in SPEAKING:
        return target
    if is_limited(ask, target.upstream):
        return target
    limit = terms.longest_answer(target.price, None)
    params = {**target.upstream.params, limit_name(target.upstream, ask.endpoint): limit}
    return replace(target, upstream=replace(target.upstream, params=params))
