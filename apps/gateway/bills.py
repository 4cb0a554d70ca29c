"""What a call is reserved for before it is made, and what it is settled at once it is over."""

from dataclasses import dataclass, replace
from decimal import Decimal

from apps.common.types import JSONDict
from apps.gateway.adapters.speaking import is_limited, limit_name
from apps.gateway.asks import SPEAKING, Ask
from apps.gateway.budgets import spending
from apps.gateway.budgets.estimates import most_tokens
from apps.gateway.budgets.purse import NOTHING, Charge
from apps.gateway.budgets.spending import Terms
from apps.gateway.budgets.subjects import Payer
from apps.gateway.exceptions import AnswerCut, DeadlinePassed, PriceUnknown, ProviderTimedOut
from apps.gateway.ledger.rows import Entry
from apps.gateway.models import MoneyRules
from apps.gateway.routes.policy import Mending, Verify
from apps.gateway.targets.exchange import Trace
from apps.gateway.targets.router import Plan, Target
from apps.gateway.usage import Usage

# A model may have read what was sent, and thought about it, though nothing came back.
SILENT = (ProviderTimedOut.code, AnswerCut.code, DeadlinePassed.code)
UNPAID = "budget"  # the state of a target that a budget has too little left for


@dataclass(frozen=True)
class Bill:
    """What is reserved for a call, and by which terms it is settled."""

    terms: Terms
    charge: Charge = NOTHING

    def settle(self, entry: Entry, ask: Ask, trace: Trace) -> None:
        """Count what the call cost: as it was counted, else as it is guessed. Takes no query."""
        if self.charge.is_open:
            self.charge.settle(self._answered(entry, trace) + self._unanswered(entry, ask, trace))

    def _answered(self, entry: Entry, trace: Trace) -> Decimal:
        """Return what the answer cost; nothing where there was none."""
        if entry.cost_usd is not None or trace.answer is None or trace.target is None:
            return entry.cost_usd or Decimal(0)
        price = self.terms.price(trace.target.price)
        return price.cost(entry.usage) if price else Decimal(0)

    def _unanswered(self, entry: Entry, ask: Ask, trace: Trace) -> Decimal:
        """Guess what it cost to ask those who said nothing, the one who was left among them.

        The one who answered is counted, and so is what was lost on the way: the trace tells of both.
        """
        silent = [each for each in trace.attempts if each.get("error") in (None, *SILENT)]
        counted = [target for target, _ in trace.lost]
        if trace.answer is not None and trace.target is not None:
            counted.append(trace.target)
        for target in counted:
            same = (each for each in silent if each["provider"] == target.upstream.provider)
            found = next((each for each in same if each["model"] == target.stated.model), None)
            if found is not None:
                silent.remove(found)
        targets = entry.plan.targets if entry.plan else ()
        return sum((self._guess(each, ask, targets) for each in silent), Decimal(0))

    def _guess(self, attempt: JSONDict, ask: Ask, targets: tuple[Target, ...]) -> Decimal:
        sent = ask.input_tokens()
        for target in targets:
            upstream = target.upstream
            if (upstream.provider, upstream.model) == (attempt["provider"], attempt["model"]):
                price = None if target.is_ours else self.terms.price(target.price)
                return price.cost(Usage(sent, ask.most_tokens() - sent)) if price else Decimal(0)
        return Decimal(0)


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
