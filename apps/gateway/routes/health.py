"""How targets do, as this process knows it: a choice looks at nothing else.

Peak-EWMA: a rise counts at once, a fall slowly, and a target that nobody asks is forgotten. Samples of
other processes come in through `sharing`.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

HALF_LIFE_S = 10.0
FAULT_MS = 1_000.0  # that a failure counts for at least: failing fast must not look like being fast
KEPT = 240  # samples of a target
WINDOW_S = 3_600.0
ENOUGH = 5  # samples that an expectation needs
MOST = 5_000  # targets that a process remembers

Key = tuple[str, str]  # schema, and the target's name or the credential's id


@dataclass(frozen=True)
class Sample:
    """One answer of a target, or its failure. `at` is the time of day, which processes share."""

    at: float
    first_ms: int
    total_ms: int
    ok: bool = True  # False: it failed through its own fault
    streamed: bool = True  # False: the first word came with the last


@dataclass
class Vitals:
    """What is known of one target."""

    ewma_ms: float = 0.0
    ewma_at: float = 0.0
    under_way: int = 0
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=KEPT))

    def feel(self, first_ms: float, at: float, *, ok: bool = True) -> None:
        """Take in how long a first word took, or that none came."""
        seen = float(first_ms) if ok else max(first_ms, FAULT_MS, 2 * self.ewma_ms)
        weight = self._weight(at)
        left = self.ewma_ms * weight
        self.ewma_ms = seen if seen > left else left + seen * (1 - weight)
        self.ewma_at = max(self.ewma_at, at)

    def note(self, sample: Sample) -> None:
        """Keep how a call went."""
        self.samples.append(sample)

    def load_ms(self, now: float) -> float:
        """Return how loaded it seems: 0 where nothing is known of it."""
        return round(self.ewma_ms * self._weight(now) * (self.under_way + 1), 3)

    def recent(self, now: float) -> list[Sample]:
        """Return what is not too old to tell anything."""
        return [each for each in list(self.samples) if now - each.at < WINDOW_S]

    def _weight(self, now: float) -> float:
        idle_s = max(0.0, now - self.ewma_at)
        return float(0.5 ** (idle_s / HALF_LIFE_S))


@dataclass(frozen=True)
class Expected:
    """What may be expected of a target, in milliseconds; None where too little is known."""

    p50_ms: int | None = None
    p95_ms: int | None = None
    first_p50_ms: int | None = None
    first_p95_ms: int | None = None
    samples: int = 0
    failed: int = 0


_vitals: OrderedDict[Key, Vitals] = OrderedDict()
_cooling: dict[Key, float] = {}
_lock = threading.Lock()


def of(schema: str, target: str) -> Vitals:
    """Return a target's vitals."""
    with _lock:
        found = _vitals.setdefault((schema, target), Vitals())
        _vitals.move_to_end((schema, target))
        while len(_vitals) > MOST:
            _vitals.popitem(last=False)
        return found


def expected(samples: Iterable[Sample]) -> Expected:
    """Return what calls took that went well."""
    kept = list(samples)
    good = [each for each in kept if each.ok]
    failed = len(kept) - len(good)
    if len(good) < ENOUGH:
        return Expected(samples=len(kept), failed=failed)
    whole = sorted(each.total_ms for each in good)
    first = sorted(each.first_ms for each in good if each.streamed)
    known = len(first) >= ENOUGH
    return Expected(
        quantile(whole, 0.5),
        quantile(whole, 0.95),
        quantile(first, 0.5) if known else None,
        quantile(first, 0.95) if known else None,
        len(kept),
        failed,
    )


def quantile(ordered: list[int], share: float) -> int:
    """Return the value that so many are not above."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def cool(schema: str, credential: str, until: float) -> None:
    """Leave a credential alone until a time of day."""
    key = (schema, credential)
    _cooling[key] = max(until, _cooling.get(key, 0.0))
    if len(_cooling) > MOST:
        now = time.time()
        for old in [each for each, ends in tuple(_cooling.items()) if ends < now]:
            _cooling.pop(old, None)


def cooling_s(schema: str, credential: str, now: float) -> float:
    """Return for how many seconds a credential is left alone."""
    return round(max(0.0, _cooling.get((schema, credential), 0.0) - now), 3)


def models_cooling(schema: str, credential: str, now: float) -> dict[str, float]:
    """Return the models for which a credential is left alone, and for how many seconds."""
    mine = [
        key for key in tuple(_cooling) if key[0] == schema and key[1].startswith(f"{credential}/")
    ]
    left = {key[1].partition("/")[2]: cooling_s(schema, key[1], now) for key in mine}
    return {model: seconds for model, seconds in left.items() if seconds > 0}


def forget() -> None:
    """Forget everything."""
    with _lock:
        _vitals.clear()
        _cooling.clear()
