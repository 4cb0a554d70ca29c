"""Circuit breakers: a service that keeps failing is left alone for a while, in each workspace.

The egress client keeps one for each host. Whoever reaches a service in another way, or knows it by
a better name than its host, wraps the call:

    async with breaker("storage", host):
        ...
    with breaker("mail", server):
        ...

An open breaker raises BreakerOpen at once. What the block raises is judged; requests of the egress
client inside of it are judged by the block alone.
"""

import logging
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar, Token
from dataclasses import dataclass
from enum import Enum
from random import SystemRandom
from types import TracebackType
from typing import Self

from apps.common.events import publish
from apps.common.ids import uuid7
from apps.egress import circuits
from apps.egress.circuits import Answer, Circuit, Rules
from apps.egress.exceptions import BreakerOpen, EgressError
from apps.tenants.context import NoTenant, current_schema
from apps.tenants.database import query
from apps.tenants.keys import group_name

logger = logging.getLogger(__name__)

WATCHERS = "services"  # the group that hears of each change
OPENED, RECOVERED = "service.opened", "service.recovered"
EVENTS = {"opened": OPENED, "recovered": RECOVERED}
SPREAD_S = 3.0  # those who wait for the same moment come back one after another
BUSY_S = 5.0  # how soon to ask again while a probe is under way
_random = SystemRandom()


class Health(Enum):
    """What a call tells of the service, where it did not fail."""

    WELL = "well"
    UNKNOWN = "unknown"  # such as a call that was cancelled, or that we refused ourselves


@dataclass(frozen=True)
class Fault:
    """A call failed through the service's own fault."""

    reason: str
    retry_after: float = 0  # the service's own wish, in seconds


Verdict = Health | Fault
Judge = Callable[[Exception], Verdict]


@dataclass(frozen=True)
class Change:
    """A circuit opened or recovered, in the workspace of the current scope."""

    event: str  # OPENED or RECOVERED
    circuit: Circuit


Listener = Callable[[Change], None]
_listeners: list[Listener] = []
_counts: Counter[tuple[str, str]] = Counter()
_inside: ContextVar[bool] = ContextVar("breaker_inside", default=False)


def on_change(listener: Listener) -> None:
    """Call a function when a circuit opens or recovers: once among all processes, in its scope.

    To be called in `AppConfig.ready()`. It may use the database, and what it raises is logged.
    """
    _listeners.append(listener)


def counts() -> dict[tuple[str, str], int]:
    """Return how often (event, service) happened in this process, for its metrics.

    Events: failed, refused, opened, reopened, recovered.
    """
    return dict(_counts)


def judge_errors(error: Exception) -> Verdict:
    """Blame the service for connections that fail and answers that do not come."""
    if isinstance(error, EgressError):
        return Fault(str(error)) if error.blames_service else Health.UNKNOWN
    return (
        Fault(str(error) or type(error).__name__) if isinstance(error, OSError) else Health.UNKNOWN
    )


def breaker(
    service: str,
    target: str,
    *,
    judge: Judge = judge_errors,
    rules: Rules = circuits.RULES,
    in_need: bool = False,
) -> "Passage":
    """Return the passage of one call, for `with` and `async with`. Entering raises BreakerOpen.

    `service` is what kind of service it is, `target` which one: people see both. Without a scope,
    and inside another passage, everything passes and nothing is counted. `in_need` says that there
    is no other way: then one call every few seconds passes before its time.
    """
    return Passage(service, target, judge, rules, in_need=in_need)


class Passage:
    """One call to a service: let in by its circuit, and heard in the end."""

    def __init__(
        self, service: str, target: str, judge: Judge, rules: Rules, *, in_need: bool = False
    ) -> None:
        self.service = service
        self._in_need = in_need
        self.name = circuits.name_of(service, target)
        self._judge = judge
        self._rules = rules
        self._id = uuid7().hex
        self._is_probe = False
        self._noted: Verdict | None = None
        self._token: Token[bool] | None = None

    def note(self, verdict: Verdict) -> None:
        """Say what the answer tells of the service, where no exception does."""
        self._noted = verdict

    def __enter__(self) -> Self:
        if _counts_here():
            self._enter()
            self._token = _inside.set(True)
        return self

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _inside.reset(self._token)
            self._leave(self._verdict(error))

    async def __aenter__(self) -> Self:
        if _counts_here():
            if not circuits.is_fresh() or self._seems_open:
                await query(self._enter)
            self._token = _inside.set(True)
        return self

    async def __aexit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is None:
            return
        _inside.reset(self._token)
        verdict = self._verdict(error)
        if self._is_news(verdict):
            await query(self._leave, verdict)

    @property
    def _seems_open(self) -> bool:
        circuit = circuits.seen(self.name)
        return circuit is not None and circuit.open

    def _enter(self) -> None:
        circuits.look()
        if not self._seems_open:
            return
        answer = self._step("press" if self._in_need else "admit")
        self._is_probe = answer.verdict == "probe"
        if answer.circuit is not None and answer.verdict in ("open", "busy"):
            _counts["refused", self.service] += 1
            pause_s = answer.circuit.left_s or BUSY_S
            raise BreakerOpen(
                _words(answer.circuit), retry_after=pause_s + _random.uniform(0, SPREAD_S)
            )

    def _verdict(self, error: BaseException | None) -> Verdict:
        if error is None:
            return self._noted or Health.WELL
        if not isinstance(error, Exception):  # cancelled: by us, not by the service
            return Health.UNKNOWN
        judged = self._judge(error)
        return self._noted or judged if judged is Health.UNKNOWN else judged

    def _is_news(self, verdict: Verdict) -> bool:
        """Whether the verdict changes anything: that a healthy service is well does not."""
        if isinstance(verdict, Fault) or self._is_probe:
            return True
        circuit = circuits.seen(self.name)
        return verdict is Health.WELL and circuit is not None and circuit.is_ailing

    def _leave(self, verdict: Verdict) -> None:
        if not self._is_news(verdict):
            return
        if isinstance(verdict, Fault):
            _counts["failed", self.service] += 1
            reason = " ".join(verdict.reason.split())[: circuits.MAX_REASON]
            wish = min(verdict.retry_after, circuits.LONGEST_WISH_S)
            answer = self._step("fault", reason=reason, retry_after=wish)
        else:
            answer = self._step("well" if verdict is Health.WELL else "give_back")
        if answer.circuit is not None and answer.verdict:
            _tell(answer.verdict, answer.circuit)

    def _step(self, step: str, **given: object) -> Answer:
        return circuits.take_step(step, self.name, rules=self._rules, id=self._id, **given)


def try_now(circuit: Circuit) -> None:
    """Let the next call to a service through, whatever its circuit meant to wait for."""
    answer = circuits.take_step("hurry", circuits.name_of(circuit.service, circuit.target))
    if answer.circuit is not None and answer.verdict == "hurried":
        _tell(answer.verdict, answer.circuit)


def _counts_here() -> bool:
    """Whether this call is one for breakers: for some workspace, and not inside another."""
    try:
        return bool(current_schema()) and not _inside.get()
    except NoTenant:
        return False


def _words(circuit: Circuit) -> str:
    since = f"{circuit.since_at:%H:%M:%S}"
    if circuit.state == "half_open":
        wait = "one call is finding out whether it answers again"
    else:
        wait = f"the next try is at {circuit.next_try_at:%H:%M:%S} UTC"
    return (
        f"{circuit.target} kept failing and has been left alone since {since} UTC; {wait}. "
        f"Last error: {circuit.last_error.rstrip('.')}."
    )


def _tell(verdict: str, circuit: Circuit) -> None:
    """Count a change, and say it to pages and listeners."""
    _counts[verdict, circuit.service] += 1
    logger.info("%s %s: %s", circuit.service, circuit.target, verdict)
    publish(group_name(WATCHERS), {"type": "service", "id": circuit.id, "event": verdict})
    if event := EVENTS.get(verdict):
        for listener in _listeners:
            try:
                listener(Change(event, circuit))
            except Exception:
                logger.exception("A listener to breakers failed")
