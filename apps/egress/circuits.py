"""What is known of the services of each workspace that failed lately.

The truth is one hash a workspace in Redis, changed by one script whoever asks: so all processes
count together, and exactly so many probes pass. Each process looks at it once a second at most and
decides from that view; a service that does well costs a look into a dictionary. What healthy
services there are is known nowhere, so their number bounds nothing. Without Redis every circuit is
closed: a breaker that is gone must never be the reason why a call fails.
"""

import json
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import SystemRandom
from typing import Any

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from apps.common.types import JSONDict
from apps.tenants.context import current_schema

logger = logging.getLogger(__name__)

AWAY = (RedisError, OSError)
PREFIX = "breakers"  # of the keys in Redis
FRESH_S = 1.0  # how old a view may be: so soon every process knows what one of them found out
MAX_VIEWS = 256  # workspaces that a process remembers
MAX_NAME, MAX_REASON = 300, 300
LONGEST_WISH_S = 3600.0  # of a service that says when to come back
PATIENCE_S = 1.0  # for Redis
JITTER = 0.2
SCRIPT = Path(__file__).with_name("circuit.lua").read_text()
_random = SystemRandom()


@dataclass(frozen=True)
class Rules:
    """When a circuit opens, for how long, and who finds out whether it may close."""

    failures: int = 5  # in a row
    share: float = 0.5  # of at least `volume` calls within `window_s`, from the first failure on
    volume: int = 20
    window_s: int = 30
    slot_s: int = 5
    open_s: float = 30  # doubled each time that it opens again, up to `longest_s`
    longest_s: float = 300
    calm_s: float = 600  # after so long without a failure, failing starts from the beginning
    probes: int = 1
    press_s: float = 5  # after its last failure, for those who have no other way
    probe_s: float = 60  # a probe that is not heard of any more gives its place to another
    most: int = 200  # circuits of a workspace; the one that was quiet for the longest makes room
    keep_s: int = 86_400


RULES = Rules()


@dataclass(frozen=True)
class Circuit:
    """How one service of a workspace does. Times are by Redis's clock."""

    service: str
    target: str
    open: bool
    failures: int
    opens: int
    since: float
    next_try: float
    last_error: str = ""
    last_at: float = 0
    read_at: float = 0

    @property
    def id(self) -> str:
        """What addresses name it by."""
        return sha256(name_of(self.service, self.target).encode()).hexdigest()[:20]

    @property
    def state(self) -> str:
        """One of closed, half_open and open."""
        if not self.open:
            return "closed"
        return "open" if self.left_s > 0 else "half_open"

    @property
    def left_s(self) -> float:
        """Seconds until somebody may try."""
        return max(0.0, self.next_try - self.read_at) if self.open else 0.0

    @property
    def is_ailing(self) -> bool:
        """Whether it matters that a call went well."""
        return self.open or self.failures > 0 or self.read_at - self.last_at < RULES.window_s

    @property
    def since_at(self) -> datetime:
        """Since when it is open, or closed again."""
        return datetime.fromtimestamp(self.since, UTC)

    @property
    def last_failed_at(self) -> datetime:
        """When a call failed last."""
        return datetime.fromtimestamp(self.last_at, UTC)

    @property
    def next_try_at(self) -> datetime | None:
        """When the next call is let through; None when all are."""
        return datetime.fromtimestamp(self.next_try, UTC) if self.open else None


@dataclass(frozen=True)
class Answer:
    """What a step at a circuit came to, and the circuit after it."""

    verdict: str
    circuit: Circuit | None


@dataclass
class _View:
    at: float
    circuits: dict[str, Circuit] = field(default_factory=dict)


_views: OrderedDict[str, _View] = OrderedDict()
_lock = threading.Lock()


def name_of(service: str, target: str) -> str:
    """Return the name of a circuit within its workspace."""
    return f"{service}|{target}"[:MAX_NAME]


def is_fresh() -> bool:
    """Tell whether this process may decide from what it saw last."""
    view = _views.get(current_schema())
    return view is not None and time.monotonic() - view.at < FRESH_S


def seen(name: str) -> Circuit | None:
    """Return a circuit as this process saw it last; None for a service that did not fail lately."""
    view = _views.get(current_schema())
    return view.circuits.get(name) if view else None


def all_seen() -> list[Circuit]:
    """Return the circuits as this process saw them at most a second ago."""
    look()
    return list(_view().circuits.values())


def look() -> None:
    """Bring this process's view up to date, unless it is fresh."""
    if is_fresh():
        return
    view = _view()
    view.at = time.monotonic()  # others decide from the old view meanwhile
    try:
        view.circuits = {name_of(each.service, each.target): each for each in listed()}
    except AWAY as error:
        view.circuits = {}
        _note_away(error)


def listed() -> list[Circuit]:
    """Return the circuits of the workspace, those that failed last first. Raises RedisError."""
    with _client().pipeline(transaction=False) as pipe:
        pipe.hgetall(_key())
        pipe.time()
        stored, (seconds, micros) = pipe.execute()
    now = seconds + micros / 1e6
    found = [_circuit(name, json.loads(text), now) for name, text in stored.items()]
    kept = [each for each in found if each.open or now - each.last_at < RULES.keep_s]
    return sorted(kept, key=lambda each: -each.last_at)


def take_step(step: str, name: str, *, rules: Rules = RULES, **given: Any) -> Answer:
    """Let the script look at a circuit or change it; without Redis nothing happens.

    Steps: admit (`id`), press (`id`), well (`id`), fault (`id`, `reason`, `retry_after`), give_back (`id`), hurry.
    """
    told = {**asdict(rules), "jitter": _random.uniform(1 - JITTER, 1 + JITTER), **given}
    try:
        verdict, text, now = _script()(keys=[_key()], args=[step, name, json.dumps(told)])
    except AWAY as error:
        _note_away(error)
        return Answer("", None)
    circuit = _circuit(name, json.loads(text), float(now)) if text else None
    _keep(name, circuit)
    return Answer(verdict, circuit)


def forget() -> None:
    """Forget what this process saw."""
    with _lock:
        _views.clear()


def _view() -> _View:
    schema = current_schema()
    with _lock:
        view = _views.setdefault(schema, _View(at=float("-inf")))
        _views.move_to_end(schema)
        while len(_views) > MAX_VIEWS:
            _views.popitem(last=False)
    return view


def _keep(name: str, circuit: Circuit | None) -> None:
    """Know at once what this process itself has just found out."""
    circuits = _view().circuits
    if circuit is None:
        circuits.pop(name, None)
    else:
        circuits[name] = circuit


def _circuit(name: str, stored: JSONDict, now: float) -> Circuit:
    service, _, target = name.partition("|")
    known = ("open", "failures", "opens", "since", "next_try", "last_error", "last_at")
    values = {each: stored[each] for each in known if each in stored}
    return Circuit(service=service, target=target, read_at=now, **values)


def _key() -> str:
    return f"{PREFIX}:{current_schema()}"


def disconnect() -> None:
    """Let go of Redis; the next use connects anew, to where the settings say."""
    _client().close()
    _client.cache_clear()
    _script.cache_clear()


@cache
def _client() -> "Redis":
    return Redis.from_url(
        settings.REDIS_URL, decode_responses=True,
        socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S,
    )  # fmt: skip


@cache
def _script() -> Any:
    return _client().register_script(SCRIPT)


def _note_away(error: Exception) -> None:
    logger.warning("Breakers are closed, Redis is away: %s", error)
