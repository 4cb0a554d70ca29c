"""The door to money for whoever makes a call: which budgets bind it, reserve before, settle after.

Without a budget nothing is reserved and no price is needed. Where the slices in hand suffice, no
query is made.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.common.outages import outage_of
from apps.gateway.budgets import alerts, book, estimates, keeper, slices, words
from apps.gateway.budgets.purse import NOTHING, Charge, Line, clock, mine
from apps.gateway.budgets.slices import TooLittle, Wanted
from apps.gateway.budgets.subjects import Payer
from apps.gateway.budgets.tally import TallyFull, units_of, usd
from apps.gateway.exceptions import BudgetReached, BudgetsAway, PriceUnknown
from apps.gateway.models import BudgetPeriod, ModelPrice, MoneyRules
from apps.tenants.context import current_schema
from apps.tenants.database import query


@dataclass(frozen=True)
class Terms:
    """What holds for a call: the budgets that bind it, and the rules of its workspace."""

    lines: tuple[Line, ...]
    rules: MoneyRules

    @property
    def binds(self) -> bool:
        """Whether any budget counts the call."""
        return bool(self.lines)

    @property
    def stops(self) -> bool:
        """Whether any budget would refuse it."""
        return any(line.stops for line in self.lines)

    def price(self, known: ModelPrice | None) -> ModelPrice | None:
        """Return the price that counts; None: the call is refused for want of one."""
        assumes = self.rules.unpriced == MoneyRules.Unpriced.ASSUME or not self.stops
        return known or (estimates.assumed(self.rules) if assumes else None)

    def longest_answer(self, known: ModelPrice | None, asked: int | None) -> int:
        """Return how many tokens an answer may have: as was asked for, else as the rules say."""
        return estimates.longest_answer(known, asked, self.rules)

    def worst(self, known: ModelPrice | None, sent: int, answer: int) -> Decimal:
        """Return what so many tokens cost at most. Raises PriceUnknown."""
        price = self.price(known)
        if price is None:
            raise PriceUnknown
        return estimates.worst_case(price, sent, answer)


async def terms_of(payer: Payer) -> Terms:
    """Return what holds for a call."""
    found = await book.known()
    return Terms(tuple(await book.lines_of(found, payer)), found.rules)


async def reserve(terms: Terms, amount: Decimal) -> Charge:
    """Reserve the most that a call may cost of every budget that binds it, or of none.

    Raises BudgetReached, BudgetsAway: while the database is away nothing is granted beyond what
    this process has.
    """
    if not terms.lines or not amount:
        return NOTHING
    units, schema = units_of(amount), current_schema()
    charge = mine().reserve(schema, terms.lines, units, timezone.now())
    if charge is not None:
        return charge
    if (period := mine().too_poor(schema, terms.lines, units)) is not None:
        _refuse(period, units, terms.rules)
    try:
        return await _taken(terms, units)
    except TooLittle as error:
        _refuse(error.period, units, terms.rules)
    except TallyFull as error:
        raise BudgetsAway from error
    except DatabaseError as error:
        if outage_of(error) is None:
            raise
        raise BudgetsAway from error


async def reserve_first(terms: Terms, amounts: Sequence[Decimal]) -> tuple[Charge, int]:
    """Reserve the first of several amounts that all budgets have, and say which it is.

    Only the last counts as refused. Raises as `reserve` does.
    """
    for place, amount in enumerate(amounts[:-1]):
        if (charge := await reserve_if(terms, amount)) is not None:
            return charge, place
    return await reserve(terms, amounts[-1]), len(amounts) - 1


async def reserve_if(terms: Terms, amount: Decimal) -> Charge | None:
    """Reserve an amount where all budgets have it; where they do not, that is no refusal of a call."""
    units, schema = units_of(amount), current_schema()
    if not terms.lines or not units:
        return NOTHING
    charge = mine().reserve(schema, terms.lines, units, timezone.now())
    if charge is not None:
        return charge
    if mine().too_poor(schema, terms.lines, units, counts=False) is not None:
        return None
    try:
        return await _taken(terms, units, counts=False)
    except TooLittle:
        return None
    except (TallyFull, DatabaseError):  # a call is refused by `reserve`
        return None


async def _taken(terms: Terms, amount: int, *, counts: bool = True) -> Charge:
    """Take in a thread; what it brings for a call that was given up meanwhile is free again."""
    taking = asyncio.ensure_future(query(_take, terms, amount, counts))
    try:
        return await asyncio.shield(taking)
    except asyncio.CancelledError:
        taking.add_done_callback(_let_go)
        raise


def _let_go(taking: "asyncio.Future[Charge]") -> None:
    if not taking.cancelled() and taking.exception() is None:
        taking.result().settle(Decimal(0))


def _take(terms: Terms, amount: int, counts: bool) -> Charge:
    """Take slices where those in hand do not suffice. Raises TooLittle, TallyFull."""
    schema, purse = current_schema(), mine()
    with keeper.bank_of(schema):
        while True:
            now = timezone.now()
            charge = purse.reserve(schema, terms.lines, amount, now)
            if charge is not None:
                return charge
            lacking = purse.lacking(schema, terms.lines, amount, now)
            _top_up(schema, lacking, terms.rules, counts=counts)


def _top_up(
    schema: str, lacking: Sequence[tuple[Line, int]], rules: MoneyRules, *, counts: bool
) -> None:
    purse, since = mine(), clock()
    lines = [line for line, _ in lacking]
    wanted = [Wanted(line.id, need, max(need, line.slice)) for line, need in lacking]
    keeper.settle_dead()
    try:
        with transaction.atomic():
            granted = slices.take(wanted, purse.owner, rules.zone)
            places = purse.prepare(schema, granted)
    except TooLittle as error:
        purse.note_refusal(schema, error.period, units_of(error.left))
        if counts:
            _tell_refused(error.period)
        raise
    purse.add(schema, lines, granted, places, since)
    keeper.go_on_beating()


def _tell_refused(period: BudgetPeriod) -> None:
    if period.refused_at is None:
        alerts.stopped(period)
    slices.note_refusals(period.pk, 1)


def _refuse(period: BudgetPeriod, amount: int, rules: MoneyRules) -> NoReturn:
    named = words.named(period.budget)
    told = (
        f"{named} has too little left for this call, which may cost up to {words.usd(usd(amount))}"
    )
    raise BudgetReached(
        f"{told}: {words.spent_of(period)}. {words.ends(period, rules.time_zone)}",
        budget=period.budget, starts_anew=period.ends_at,
    )  # fmt: skip
