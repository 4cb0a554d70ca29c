"""What was learnt of a model for a class of calls, as a Beta posterior and its lower bound.

The prior is uniform: Beta(1, 1). The bound is what the quality is above with 19 to 1. It is rounded
and kept with a decision, so that no machine's arithmetic decides anything when that is replayed.
"""

from dataclasses import dataclass
from datetime import datetime
from math import exp, lgamma, log, log1p
from typing import Self

from apps.gateway.models import TaskQuality

HALF_LIFE_S = 14 * 86_400
DOUBT = 0.05
TINY = 1e-300
STEPS, HALVINGS = 300, 40

Known = dict[tuple[str, str], "Prior"]  # by class of calls, and model


@dataclass(frozen=True)
class Prior:
    """Answers that passed and failed, the bound, and what part of the input was cached."""

    passed: float = 0.0
    failed: float = 0.0
    bound: float = 0.0
    cached_share: float = 0.0

    @classmethod
    def of(cls, row: TaskQuality, now: datetime) -> Self:
        """Return what a row tells now: what is old has faded."""
        age_s = max(0.0, (now - row.learnt_at).total_seconds())
        weight = 0.5 ** (age_s / HALF_LIFE_S)
        passed, failed = round(row.passed * weight, 3), round(row.failed * weight, 3)
        share = row.cached_tokens / row.input_tokens if row.input_tokens else 0.0
        return cls(passed, failed, lower_bound(passed, failed), round(min(1.0, share), 3))


NOTHING = Prior()


def lower_bound(passed: float, failed: float) -> float:
    """Return the quality that is exceeded with 19 to 1, rounded down to a thousandth."""
    return int(_quantile(passed + 1, failed + 1, DOUBT) * 1_000) / 1_000


def interval(passed: float, failed: float) -> tuple[float, float]:
    """Return between which the quality is with 9 to 1."""
    upper = 1 - _quantile(failed + 1, passed + 1, DOUBT)
    return lower_bound(passed, failed), round(upper, 3)


def _quantile(a: float, b: float, share: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _below(a, b, middle) < share:
            low = middle
        else:
            high = middle
    return low


def _below(a: float, b: float, x: float) -> float:
    """Return the chance that a quantity of Beta(a, b) is below x: the regularised incomplete beta."""
    if not 0 < x < 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta, by Lentz's method."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        before = value
        for term in (even, odd):
            d, c = 1 / _not_zero(1 + term * d), _not_zero(1 + term / c)
            value *= c * d
        if abs(value - before) < 1e-12 * abs(value):
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY
