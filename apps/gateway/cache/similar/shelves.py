"""What all processes know together of a route's kept questions: two streams in Redis, sealed.

One tells of entries, one of comparisons. A process folds them into a book and a learner, a part at each
look-up, at most each second; everything in them may be told twice. The name of a shelf is made with the
workspace's key, of the route, its epoch and its embedding model: what is purged is not found any more.
While Redis is away a process goes on with what it knows.
"""

import json
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from redis import Redis as SyncRedis

from apps.gateway import news
from apps.gateway.cache.similar.book import Book, Entry
from apps.gateway.cache.similar.learning import Learner, Seen
from apps.gateway.cache.similar.subject import Subject
from apps.gateway.cache.store import AWAY, PATIENCE_S, redis
from apps.gateway.exceptions import CacheAway
from apps.gateway.models import MOST_CACHED_S
from apps.gateway.targets.router import CachePolicy, Plan
from apps.tenants.context import current_schema
from apps.vault.exceptions import CannotUnseal

logger = logging.getLogger(__name__)

MOST_SHELVES = 16  # that a process holds
AGAIN_S = 1.0
MOST_READ = 100  # at a look-up: whoever begins anew is not kept waiting by all that there is
ENTRIES, TAUGHT = "entries", "taught"
MOST_KEPT = {ENTRIES: 1_000, TAUGHT: 4_000}  # in Redis


@dataclass
class Shelf:
    """The kept questions of a route, and what was learnt of them."""

    schema: str
    name: str
    policy: CachePolicy
    book: Book = field(default_factory=Book)
    learner: Learner = field(default_factory=Learner)
    heard: dict[str, str] = field(default_factory=lambda: {ENTRIES: "0", TAUGHT: "0"})
    looked_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)  # loops of several threads

    def alike(self, scope: str, subject: Subject) -> list[Entry]:
        """Return the entries that are about the same."""
        with self.lock:
            return self.book.alike(scope, subject)

    def accepts(self, entry: Entry, similarity: float) -> bool:
        """Tell whether an entry's answer may be given."""
        assert self.policy.similar is not None
        with self.lock:
            return self.learner.accepts(entry.name, similarity, self.policy.similar.accepted_error)

    def drop(self, entry: Entry) -> None:
        """Forget an entry whose answer is gone."""
        with self.lock:
            self.book.drop(entry.name)

    async def put(self, entry: Entry) -> None:
        """Keep an entry, here and for the other processes."""
        await self._tell(ENTRIES, entry.packed())

    async def teach(self, entry: Entry, asker: str, seen: Seen) -> None:
        """Learn from a comparison, here and in the other processes."""
        await self._tell(TAUGHT, _lesson(entry.name, asker, seen))

    async def catch_up(self) -> None:
        """Take in what other processes told since the last look."""
        if time.monotonic() - self.looked_at < AGAIN_S:
            return
        self.looked_at = time.monotonic()
        try:
            client = await redis()
            places: Any = {self.key(kind): place for kind, place in self.heard.items()}
            told = await client.xread(places, count=MOST_READ)
        except AWAY as error:
            logger.warning("Other processes' questions are not known, Redis is away: %s", error)
            return
        for key, events in told:
            self.hear(key.decode().rpartition(":")[2], events)

    def hear(self, kind: str, events: list[tuple[bytes, dict[bytes, bytes]]]) -> None:
        """Take in what was told; what cannot be read is of an older key or another release."""
        for place, fields in events:
            self.heard[kind] = place.decode()
            try:
                self._take_in(kind, self.policy.sealer.unseal(fields[b"e"], self.label(kind)))
            except (CannotUnseal, ValueError, TypeError, KeyError):
                logger.info("Something kept could not be read and is left out")
        if len(events) == MOST_READ:
            self.looked_at = 0.0

    def _take_in(self, kind: str, packed: bytes) -> None:
        with self.lock:
            if kind == ENTRIES:
                self.book.put(Entry.unpacked(packed))
                return
            entry, asker, similarity, right = json.loads(packed)
            self.learner.take_in(entry, asker, Seen(similarity, right))

    async def _tell(self, kind: str, packed: bytes) -> None:
        self._take_in(kind, packed)
        try:
            client = await redis()
            async with client.pipeline(transaction=False) as pipe:
                pipe.xadd(self.key(kind), {"e": self.sealed(kind, packed)}, maxlen=MOST_KEPT[kind])
                pipe.xtrim(self.key(kind), minid=int((time.time() - self._kept_s(kind)) * 1000))
                pipe.expire(self.key(kind), self._kept_s(kind))
                await pipe.execute()
        except AWAY as error:
            logger.warning("This process alone knows a question, Redis is away: %s", error)

    def _kept_s(self, kind: str) -> int:
        """Return for how long it is kept: a question no longer than its answer."""
        return self.policy.ttl_s if kind == ENTRIES else MOST_CACHED_S

    def sealed(self, kind: str, packed: bytes) -> bytes:
        """Return bytes as they are kept in Redis."""
        return self.policy.sealer.seal(packed, self.label(kind))

    def label(self, kind: str) -> str:
        """Return what they are bound to."""
        return f"{self.name}:{kind}"

    def key(self, kind: str) -> str:
        """Return where they are kept."""
        return f"gateway:similar:{self.schema}:{self.label(kind)}"


async def shelf_of(plan: Plan, policy: CachePolicy) -> Shelf:
    """Return the shelf of a route, with what is new on it."""
    fresh = _new(plan.route, policy)
    with _lock:
        shelf = _shelves.setdefault((fresh.schema, fresh.name), fresh)
        _shelves.move_to_end((fresh.schema, fresh.name))
        while len(_shelves) > MOST_SHELVES:
            _shelves.popitem(last=False)
    shelf.policy = policy
    await shelf.catch_up()
    return shelf


def blame(plan: Plan, entry: str, asker: str, similarity: float) -> None:
    """Have every process learn that an answer was wrong for a question. Raises CacheAway."""
    if plan.cache is None or plan.cache.similar is None:
        return
    shelf = _new(plan.route, plan.cache)
    lesson = _lesson(entry, asker, Seen(similarity, right=False))
    try:
        with SyncRedis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE_S) as client:
            client.xadd(
                shelf.key(TAUGHT), {"e": shelf.sealed(TAUGHT, lesson)}, maxlen=MOST_KEPT[TAUGHT]
            )
    except AWAY as error:
        raise CacheAway from error


def counts_of(plan: Plan) -> tuple[int, int]:
    """Return how many answers were compared, and how many of them were wrong; none without Redis."""
    if plan.cache is None or plan.cache.similar is None:
        return 0, 0
    shelf = _new(plan.route, plan.cache)
    try:
        with SyncRedis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE_S) as client:
            told: Any = client.xrange(shelf.key(TAUGHT))
    except AWAY:
        told = []
    shelf.hear(TAUGHT, told)
    return shelf.learner.compared, shelf.learner.wrong


def _lesson(entry: str, asker: str, seen: Seen) -> bytes:
    return json.dumps([entry, asker, seen.similarity, seen.right]).encode()


def _new(route: str, policy: CachePolicy) -> Shelf:
    assert policy.similar is not None
    about = json.dumps([route, policy.epoch, policy.similar.embedder]).encode()
    return Shelf(current_schema(), policy.sealer.name(about), policy)


def _changed(schema: str | None) -> None:
    """Look again at the next call; where anything may have been missed, begin anew."""
    with _lock:
        if schema is None:
            _shelves.clear()
        for key, shelf in _shelves.items():
            if key[0] == schema:
                shelf.looked_at = 0.0


_shelves: OrderedDict[tuple[str, str], Shelf] = OrderedDict()
_lock = threading.Lock()
news.on_change(_changed)
