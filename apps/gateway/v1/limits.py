"""How many calls and tokens a minute a key may take, and how many calls of a workspace go on at a time.

What is a minute's is counted by GCRA, in Redis for all processes together; what goes on, by each process.

A call takes its tokens before anybody counted them, by a guess that is put right afterwards. While
Redis is away each process keeps the limits by itself.
"""

import logging
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from apps.common.errors import TooMany
from apps.common.loops import PerLoop
from apps.tenants.context import current_schema

logger = logging.getLogger(__name__)

SCRIPT = Path(__file__).with_name("gcra.lua").read_text()
AWAY = (RedisError, OSError)
WINDOW_S = 60
PATIENCE_S = 0.5
AGAIN_S = 1.0  # after which Redis is asked again that did not answer
MOST_LOCAL = 10_000
REQUESTS, TOKENS = "requests", "tokens"


@dataclass(frozen=True)
class Rate:
    """One limit, and what a call takes of it."""

    kind: str
    limit: int  # a minute
    cost: int


@dataclass(frozen=True)
class Left:
    """What is left of a limit, and in how many seconds it is whole again."""

    kind: str
    limit: int
    remaining: int
    reset_s: float


class RateExceeded(TooMany):
    """The key may not ask that often."""

    code = "rate_limit_exceeded"

    def __init__(self, rate: Rate, left: list[Left], wait_s: float) -> None:
        """Say which limit was reached and when to come back."""
        wait = max(1, math.ceil(wait_s))
        words = f"This key may take {rate.limit} {rate.kind} a minute. Try again in {wait} s."
        super().__init__(words, retry_after=wait)
        self.headers |= headers_of(left)
        self.kind = rate.kind


class TooManyOpen(TooMany):
    """As many calls of this workspace go on as may at a time. Try again in a moment."""

    code = "rate_limit_exceeded"


_open: Counter[str] = Counter()


@contextmanager
def place() -> Iterator[None]:
    """Count a call of the workspace that goes on: none keeps its neighbours waiting. Raises TooManyOpen."""
    holder = current_schema()
    if _open[holder] >= settings.MODEL_CALLS_PER_TENANT:
        raise TooManyOpen
    _open[holder] += 1
    try:
        yield
    finally:
        _open[holder] -= 1
        if not _open[holder]:
            del _open[holder]


def rates_of(rpm: int | None, tpm: int | None, tokens: int) -> list[Rate]:
    """Return the rates that a call of so many tokens counts for."""
    found = [] if rpm is None else [Rate(REQUESTS, rpm, 1)]
    # A call that is larger than the whole limit may be made by who has taken nothing yet.
    return found if tpm is None else [*found, Rate(TOKENS, tpm, min(tokens, tpm))]


async def take(key_id: UUID, rates: list[Rate]) -> list[Left]:
    """Count a call. Raises RateExceeded."""
    if not rates:
        return []
    refused, wait_s, left = await _counted("take", key_id, rates)
    if refused:
        raise RateExceeded(rates[refused - 1], left, wait_s)
    return left


async def settle(key_id: UUID, rates: list[Rate], tokens: int) -> None:
    """Put the guess of a call's tokens right, once they are counted."""
    guessed = next((each for each in rates if each.kind == TOKENS), None)
    if guessed is not None and guessed.cost != tokens:
        await _counted("settle", key_id, [replace(guessed, cost=tokens - guessed.cost)])


def headers_of(left: list[Left]) -> dict[str, str]:
    """Return how much is left, as OpenAI's clients read it."""
    headers: dict[str, str] = {}
    for each in left:
        headers[f"x-ratelimit-limit-{each.kind}"] = str(each.limit)
        headers[f"x-ratelimit-remaining-{each.kind}"] = str(each.remaining)
        headers[f"x-ratelimit-reset-{each.kind}"] = f"{each.reset_s:.3f}s"
    return headers


async def close() -> None:
    """Close the running loop's connections."""
    await _clients.close()


Counted = tuple[int, float, list[Left]]  # which rate refused (0: none), seconds to wait, the rest
_local: OrderedDict[str, float] = OrderedDict()
_away_until = 0.0


async def _counted(step: str, key_id: UUID, rates: list[Rate]) -> Counted:
    global _away_until
    names = [f"rate:{current_schema()}:{key_id}:{each.kind}" for each in rates]
    if time.monotonic() >= _away_until:
        try:
            return await _in_redis(step, names, rates)
        except AWAY as error:
            _away_until = time.monotonic() + AGAIN_S
            logger.warning("Limits are kept in each process, Redis is away: %s", error)
    return _here(step, names, rates)


async def _in_redis(step: str, names: list[str], rates: list[Rate]) -> Counted:
    given = [step, *(str(value) for each in rates for value in (each.limit, each.cost))]
    client = await _clients.get()
    refused, wait_s, *rest = await client.register_script(SCRIPT)(keys=names, args=given)
    pairs = zip(rates, rest[::2], rest[1::2], strict=True)
    left = [Left(each.kind, each.limit, int(n), float(s)) for each, n, s in pairs]
    return int(refused), float(wait_s), left


def _here(step: str, names: list[str], rates: list[Rate]) -> Counted:
    """Count in this process, as the script does for all of them."""
    now = time.time()
    before = [max(_local.get(name, now), now) for name in names]
    taken = (each.cost * WINDOW_S / each.limit for each in rates)
    after = [max(rest + more, now) for rest, more in zip(before, taken, strict=True)]
    over = [rest - now - WINDOW_S for rest in after]
    refused = next((n for n, s in enumerate(over, 1) if step == "take" and s > 1e-6), 0)
    if not refused:
        for name, rest in zip(names, after, strict=True):
            _local[name] = rest
            _local.move_to_end(name)
        while len(_local) > MOST_LOCAL:
            _local.popitem(last=False)
    rests = before if refused else after
    left = [_left(each, rest - now) for each, rest in zip(rates, rests, strict=True)]
    return refused, over[refused - 1] if refused else 0.0, left


def _left(rate: Rate, busy_s: float) -> Left:
    remaining = int((WINDOW_S - busy_s) * rate.limit / WINDOW_S + 1e-6)
    return Left(rate.kind, rate.limit, max(0, remaining), busy_s)


def _client() -> "Redis":
    return Redis.from_url(
        settings.REDIS_URL, decode_responses=True,
        socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S,
    )  # fmt: skip


_clients: PerLoop["Redis"] = PerLoop(_client, lambda client: client.aclose())
