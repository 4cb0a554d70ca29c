"""What processes tell each other of targets: samples and cool-downs, in one stream a workspace in Redis.

A call waits for none of it. It notes what it saw in this process, which counts at once; a thread sends
that on and takes in what others saw, at most a second later. While Redis is away each process knows
what it saw itself.
"""

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from apps.common.ids import uuid7
from apps.common.types import JSONDict
from apps.gateway.routes import health
from apps.gateway.routes.health import Sample

logger = logging.getLogger(__name__)

AWAY = (RedisError, OSError)
PREFIX = "relay"
PAUSE_S = 0.8
MOST_KEPT = 3_000  # entries of a stream
MOST_SENT = 200  # at a time: of a busy target a part tells enough
KEEP_S = 86_400
PATIENCE_S = 1.0
QUIET_S = 60.0  # after which the others of a workspace are listened to no longer

Hearer = Callable[[str, set[str]], None]


class Exchange:
    """One process's part: what it has to tell, and how far it has heard each workspace."""

    def __init__(self) -> None:
        self.me = uuid7().hex
        self._outbox: deque[tuple[str, JSONDict]] = deque(maxlen=10_000)
        self._heard: dict[str, str] = {}
        self._active: dict[str, float] = {}
        self._stirred = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def tell(self, schema: str, entry: JSONDict) -> None:
        """Have something told to the others, soon."""
        if not schema:
            return
        self._outbox.append((schema, {**entry, "by": self.me}))
        self._active[schema] = time.monotonic()
        self._stirred.set()
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def meet(self, schemas: set[str] | None = None) -> dict[str, set[str]]:
        """Send and hear now; return which targets of which workspaces were heard of.

        Raises RedisError.
        """
        with self._lock:
            told = self._send()
            changed = {schema: set(names) for schema, names in told.items()}
            for schema in (schemas or set()) | set(told) | self._listening():
                changed.setdefault(schema, set()).update(self._hear(schema))
            return changed

    def forget(self) -> None:
        """Tell nobody what was not told yet, and listen to nobody."""
        with self._lock:
            self._outbox.clear()
            self._heard.clear()
            self._active.clear()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="relay", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            if not self._listening():
                self._stirred.wait()
            self._stirred.clear()
            time.sleep(PAUSE_S)
            try:
                changed = self.meet()
            except AWAY as error:
                logger.warning("Processes do not share how models do, Redis is away: %s", error)
                continue
            for schema, names in changed.items():
                for hearer in _hearers:
                    hearer(schema, names)

    def _listening(self) -> set[str]:
        now = time.monotonic()
        return {each for each, at in tuple(self._active.items()) if now - at < QUIET_S}

    def _send(self) -> dict[str, list[str]]:
        """Send what is to be told; return the targets by workspace."""
        entries: list[tuple[str, JSONDict]] = []
        while self._outbox and len(entries) < MOST_SENT:
            entries.append(self._outbox.popleft())
        self._outbox.clear()
        told: dict[str, list[str]] = {schema: [] for schema, _ in entries}
        if not entries:
            return told
        with _client().pipeline(transaction=False) as pipe:
            for schema, entry in entries:
                pipe.xadd(_key(schema), {"e": json.dumps(entry)}, maxlen=MOST_KEPT)
                told[schema] += [entry["target"]] if "target" in entry else []
            for schema in told:
                pipe.expire(_key(schema), KEEP_S)
            pipe.execute()
        return told

    def _hear(self, schema: str) -> set[str]:
        streams: Any = _client().xread({_key(schema): self._heard.get(schema, "0")})
        names = set()
        for _, entries in streams or ():
            for place, fields in entries:
                self._heard[schema] = place
                entry = json.loads(fields["e"])
                if entry["by"] != self.me:
                    _take_in(schema, entry)
                    names |= {entry["target"]} if "target" in entry else set()
        return names


_hearers: list[Hearer] = []
_exchange = Exchange()


def on_news(hearer: Hearer) -> None:
    """Call a function, in the thread that shares, with each workspace and its targets heard of."""
    _hearers.append(hearer)


def note(schema: str, target: str, sample: Sample) -> None:
    """Tell others how a call went; in this process it is known already."""
    how = [
        round(sample.at, 3),
        sample.first_ms,
        sample.total_ms,
        int(sample.ok),
        int(sample.streamed),
    ]
    _exchange.tell(schema, {"target": target, "how": how})


def cool(schema: str, credential: str, until: float) -> None:
    """Leave a credential alone until a time of day, in every process."""
    health.cool(schema, credential, until)
    _exchange.tell(schema, {"cool": credential, "until": round(until, 3)})


def catch_up(schema: str) -> None:
    """Take in what the other processes saw; without Redis nothing happens."""
    try:
        _exchange.meet({schema})
    except AWAY as error:
        logger.warning("What other processes saw of models is not known, Redis is away: %s", error)


def once(schema: str, what: str, for_s: int) -> bool:
    """Tell whether nobody was told of something lately, among all processes."""
    try:
        return bool(_client().set(f"{PREFIX}:told:{schema}:{what}", 1, nx=True, ex=for_s))
    except AWAY:
        return False


def forget() -> None:
    """Let this process begin anew."""
    _exchange.forget()


def disconnect() -> None:
    """Let go of Redis; the next use connects anew, to where the settings say."""
    _client().close()
    _client.cache_clear()


def _take_in(schema: str, entry: JSONDict) -> None:
    if "cool" in entry:
        health.cool(schema, entry["cool"], entry["until"])
        return
    at, first_ms, total_ms, ok, *more = entry["how"]
    streamed = bool(more[0]) if more else False  # an older process does not say
    vitals = health.of(schema, entry["target"])
    vitals.feel(first_ms, at, ok=bool(ok))
    vitals.note(Sample(at, first_ms, total_ms, bool(ok), streamed))


def _key(schema: str) -> str:
    return f"{PREFIX}:{schema}"


@cache
def _client() -> "Redis":
    return Redis.from_url(
        settings.REDIS_URL, decode_responses=True,
        socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S,
    )  # fmt: skip
