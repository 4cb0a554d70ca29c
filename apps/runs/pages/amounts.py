"""A run's steps by what they took up instead of when: the same rows, bars for cost or for tokens."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from apps.common.templatetags.look import money, thousands
from apps.runs.pages.waterfall import PLOT_END, SHORTEST_BAR, TIGHT, Bar, Line, Row, Tick, Waterfall

TIME, COST, TOKENS = "time", "cost", "tokens"
MEASURES = {TIME: "Time", COST: "Cost", TOKENS: "Tokens"}
PARTS = 4  # of the axis

Told = Callable[[Decimal], str]


def by_amount(drawn: Waterfall, measure: str) -> Waterfall:
    """Draw the rows anew, each as wide as its step's share of the greatest amount."""
    told: Told = money if measure == COST else _tokens
    values = [_value(row, measure) for row in drawn.rows]
    most = max(values, default=Decimal(0))
    rows = [
        replace(row, line=_line(row, value, most, told), tries=[])
        for row, value in zip(drawn.rows, values, strict=True)
    ]
    return Waterfall(rows, _ticks(most, measure, told), [])


def _tokens(count: Decimal) -> str:
    return thousands(int(count))


def _value(row: Row, measure: str) -> Decimal:
    if row.run is None:
        return Decimal(0)
    return row.run.cost_usd if measure == COST else Decimal(row.run.tokens)


def _line(row: Row, value: Decimal, most: Decimal, told: Told) -> Line:
    if not value:
        return Line([], [], "", 0, label_left=False, seconds=None)
    width = round(max(float(value / most) * PLOT_END, SHORTEST_BAR), 2)
    bar = Bar(0, width, "bad" if row.status == "failed" else "")
    label = "" if width > TIGHT else row.line.label
    return Line([bar], [], label, width, label_left=False, seconds=None, amount=told(value))


def _ticks(most: Decimal, measure: str, told: Told) -> list[Tick]:
    """Return the lines of the axis; there is no part of a token."""
    if not most:
        return []
    parts = {most * part / PARTS for part in range(PARTS)}
    if measure == TOKENS:
        parts = {Decimal(round(each)) for each in parts}
    return [Tick(round(float(each / most) * PLOT_END, 2), told(each)) for each in sorted(parts)]
