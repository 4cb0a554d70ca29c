"""Canary rows in two workspaces, and every way of reaching the database at once.

A leak is a row, cached value or message of the other workspace. The harness must find planted
leaks (`tests/isolation/test_load.py`), or its silence would mean nothing.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any

from celery import Celery
from celery.contrib.testing.worker import start_worker
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.urls import path

from apps.accounts.models import Folder
from apps.tenants.consumers import TenantConsumer, TenantSockets
from apps.tenants.context import tenant_context
from apps.tenants.database import query
from apps.tenants.models import Tenant
from apps.tenants.tasks import TenantTask
from tests.factories.sockets import Socket

CANARIES = 5


@dataclass
class Findings:
    """What the operations saw, counted for each way in."""

    done: Counter[str] = field(default_factory=Counter)
    leaks: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _lock: Any = field(default_factory=Lock)

    def add(self, way: str, slug: str, seen: list[str]) -> None:
        """Count an operation of a workspace that saw these canaries."""
        with self._lock:
            self.done[way] += 1
            if not seen or any(not name.startswith(f"canary-{slug}-") for name in seen):
                self.leaks[way] += 1

    def refuse(self, way: str) -> None:
        """Count an operation that the database refused."""
        with self._lock:
            self.refused[way] += 1


def plant(tenants: list[Tenant]) -> None:
    """Write the canaries of each workspace."""
    for tenant in tenants:
        with tenant_context(tenant):
            for place in range(CANARIES):
                Folder.objects.create(name=f"canary-{tenant.slug}-{place}")


def look(slug: str) -> list[str]:
    """Read the rows and a cached value, and write both, as the current workspace."""
    name = f"canary-{slug}-{random.randrange(10**6)}"
    seen = list(Folder.objects.values_list("name", flat=True)[:20])
    Folder.objects.filter(name__endswith="-0").update(name=f"canary-{slug}-0")
    cached = cache.get("canary")
    cache.set("canary", name, 60)
    return [*seen, *([cached] if cached else [])]


def by_threads(tenants: list[Tenant], turns: int, found: Findings) -> None:
    """Threads of a pool, each turn another workspace."""

    def turn(place: int) -> None:
        tenant = tenants[place % len(tenants)]
        with tenant_context(tenant):
            found.add("threads", tenant.slug, look(tenant.slug))
        if place % 7 == 0:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(turn, range(turns)))
        list(pool.map(lambda _: connection.close(), range(12)))


async def by_coroutines(tenants: list[Tenant], turns: int, found: Findings) -> None:
    """Coroutines that change places between entering and reading."""
    gate = asyncio.Semaphore(40)

    async def turn(place: int) -> None:
        tenant = tenants[place % len(tenants)]
        async with gate:
            with tenant_context(tenant):
                await asyncio.sleep(0)
                found.add("async", tenant.slug, await query(look, tenant.slug))

    await asyncio.gather(*(turn(place) for place in range(turns)))


class SoundConsumer(TenantConsumer):
    """Answers what its workspace sees, and what its group is told."""

    async def connect(self) -> None:
        await self.channel_layer.group_add(self.group("canary"), self.channel_name)
        await self.accept()

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        await self.send_json(await self.query(look, self.tenant.slug))

    async def live_event(self, message: dict[str, Any]) -> None:
        await self.send_json([message["payload"]])


class NaiveConsumer(SoundConsumer):
    """What many write: the tenant is kept on the thread's connection, read one hop later."""

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        await database_sync_to_async(partial(setattr, connection, "naive", self.tenant))()
        await asyncio.sleep(0)
        await self.send_json(await database_sync_to_async(self._read)())

    def _read(self) -> list[str]:
        with tenant_context(connection.naive):  # type: ignore[attr-defined]
            return look(connection.naive.slug)  # type: ignore[attr-defined]


async def by_sockets(
    tenants: list[Tenant], turns: int, found: Findings, consumer: type[TenantConsumer]
) -> None:
    """Sockets of both workspaces at once, and group messages to each."""
    view: Any = consumer.as_asgi()
    application = TenantSockets(URLRouter([path("ws/canary", view)]))
    await asyncio.gather(
        *(
            _socket(application, tenants[place % len(tenants)], turns // 10, found)
            for place in range(10)
        )
    )


async def _socket(application: Any, tenant: Tenant, turns: int, found: Findings) -> None:
    socket = Socket(application, "/ws/canary", host=f"{tenant.slug}.localhost")
    assert await socket.connect() is None
    layer: Any = get_channel_layer()
    for place in range(turns):
        if place % 5 == 0:
            with tenant_context(tenant):
                payload = f"canary-{tenant.slug}-message"
                await layer.group_send(
                    f"{tenant.schema_name}.canary", {"type": "live.event", "payload": payload}
                )
        else:
            await socket.send({})
        found.add("sockets", tenant.slug, await socket.receive(timeout=30))
    await socket.close()


def by_tasks(tenants: list[Tenant], turns: int, found: Findings) -> None:
    """A real Celery worker with threads, fed through Redis on a queue of its own."""
    app = Celery("canaries")
    app.config_from_object(settings.CELERY)
    queue = f"canaries-{random.randrange(10**9)}"
    app.conf.task_default_queue = queue

    @app.task(base=TenantTask, name="canaries.look", ignore_result=True)
    def task(slug: str) -> None:
        found.add("celery", slug, look(slug))

    with start_worker(
        app,
        pool="threads",
        concurrency=4,
        perform_ping_check=False,
        queues=[queue],
        loglevel="ERROR",
    ):
        for place in range(turns):
            tenant = tenants[place % len(tenants)]
            with tenant_context(tenant):
                task.delay(tenant.slug)
        _until(lambda: found.done["celery"] + found.refused["celery"] >= turns)


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end, "The worker did not finish."
        time.sleep(0.02)


def together(*ways: Callable[[], Any] | Callable[[], Awaitable[Any]]) -> None:
    """Run several ways in at the same time; coroutines on a loop of their own."""

    def run(way: Callable[[], Any]) -> None:
        result = way()
        if asyncio.iscoroutine(result):
            asyncio.run(result)

    with ThreadPoolExecutor(len(ways)) as pool:
        for outcome in [pool.submit(copy_context().run, run, way) for way in ways]:
            outcome.result(timeout=240)
