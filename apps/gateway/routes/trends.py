"""Early warning: a target that gets slower or fails more often than it used to, before it is down.

Cumulative sums (CUSUM) over its samples. Latency: how far the time to the first word of streams, or
that of whole answers, lies above what it used to be, in logarithms and in units of its own spread; each
is looked at by itself. Errors: the likelihood of a raised share of failures against the usual one. A
single slow answer, or a target that always was slow, moves neither far.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from statistics import median

from apps.gateway.routes.health import Sample

LEARNT = 40  # samples that say what is usual
FEWEST = 8  # samples after them, before anything is said
SLACK, MOST_STEP, ALARM = 1.0, 4.0, 12.0
LEAST_SPREAD = 0.15  # of the logarithm: a seventh is nothing to speak of
RISEN = 1.5  # times that the median must be, for people to mind
USUAL_SHARE, RAISED_SHARE, ALARM_LIKELIHOOD = 0.02, 0.2, 7.0
SPREAD_OF_NORMAL = 1.4826  # from the median deviation to the standard one


@dataclass(frozen=True)
class Warning:  # noqa: A001 - the field's word; Python's own is not used here
    """What is getting worse, from what to what."""

    kind: str  # slower or failing
    before: float  # milliseconds, or the share of failures
    now: float
    since: float  # time of day of the sample from which on it rises
    streams: bool = True  # False: what got slower are whole answers


Judge = Callable[[Sequence[Sample], Sequence[Sample]], Warning | None]


def warning_of(samples: Sequence[Sample]) -> Warning | None:
    """Return what the samples, oldest first, warn of; None where all is as usual."""
    streams = [each for each in samples if each.streamed]
    whole = [each for each in samples if not each.streamed]
    return (
        _looked_at(_failing, samples) or _looked_at(_slower, streams) or _looked_at(_slower, whole)
    )


def _looked_at(judge: Judge, samples: Sequence[Sample]) -> Warning | None:
    usual, later = samples[:LEARNT], samples[LEARNT:]
    return judge(usual, later) if len(later) >= FEWEST else None


def _slower(usual: Sequence[Sample], later: Sequence[Sample]) -> Warning | None:
    logs = [_log(each) for each in usual if each.ok]
    if len(logs) < LEARNT // 2:
        return None
    middle = median(logs)
    deviation = SPREAD_OF_NORMAL * median(abs(each - middle) for each in logs)
    spread = max(LEAST_SPREAD, deviation)
    steps = [
        min(MOST_STEP, (_log(each) - middle) / spread) - SLACK if each.ok else 0.0 for each in later
    ]
    start = _risen(steps, ALARM)
    if start is None:
        return None
    before = median(each.first_ms for each in usual if each.ok)
    rising = [each.first_ms for each in later[start:] if each.ok]
    now = median(rising[-FEWEST:])
    if len(rising) < FEWEST // 2 or now < RISEN * before:
        return None
    return Warning("slower", before, now, later[start].at, streams=later[start].streamed)


def _failing(usual: Sequence[Sample], later: Sequence[Sample]) -> Warning | None:
    before = sum(not each.ok for each in usual) / len(usual)
    low = max(USUAL_SHARE, before)
    high = min(0.9, max(RAISED_SHARE, 3 * low))
    if high <= low:
        return None
    failed, went = log(high / low), log((1 - high) / (1 - low))
    start = _risen([went if each.ok else failed for each in later], ALARM_LIKELIHOOD)
    if start is None:
        return None
    rising = later[start:]
    share = sum(not each.ok for each in rising) / len(rising)
    return Warning("failing", before, round(share, 3), rising[0].at)


def _risen(steps: Sequence[float], alarm: float) -> int | None:
    """Return where the sum began to rise that is above the alarm at the end; None where none is."""
    total, start = 0.0, 0
    for place, step in enumerate(steps):
        if total == 0.0:
            start = place
        total = max(0.0, total + step)
    return start if total >= alarm else None


def _log(sample: Sample) -> float:
    return log(max(1, sample.first_ms))
