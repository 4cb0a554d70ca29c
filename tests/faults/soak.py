"""`python -m tests.faults.soak [minutes]`: every fault at once over a whole product, as long as you like.

It starts a product in a folder of its own with several workers, and keeps starting runs of several
kinds in twenty workspaces, where schedules start others, while it kills a worker each second and
PostgreSQL each minute, and empties Redis every twenty seconds. Then it lets everything come to its
end, asks the auditor, and prints one line of JSON: runs, lost ones, double transitions, repeats,
faults, and how the memory of the product's own processes went.
"""

import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.test")
django.setup()

# ruff: noqa: E402 - what follows may be imported only once Django is set up
import psycopg
from redis.exceptions import RedisError

from apps.local.temporary import temporary_folder
from tests.factories.product import Product, kill_service
from tests.faults.api import Caller
from tests.faults.crowd import Target
from tests.faults.nursery import Nursery
from tests.faults.ownership import Servers
from tests.faults.scales import Scales
from tests.faults.soak_kinds import KINDS, ODDS, SCHEDULED, SCHEDULES, definitions, inner

WORKERS = 4
KILL_S, EMPTY_S, RESTART_S = 1.0, 20.0, 60.0
START_S, DECIDE_S, LOOK_S = 0.5, 0.2, 10.0
SETTLE_S = 300.0
SEED = 20260704
TENANTS = ("demo", *(f"soak-{number}" for number in range(1, 20)))
AWAY = (OSError, KeyError, ValueError, psycopg.Error, RedisError)
Acts = dict[Callable[[], None], float]


@dataclass
class Soak:
    """The product, those who work and those who ask."""

    product: Product
    servers: Servers
    target: Target
    callers: dict[str, Caller]
    nursery: Nursery
    faults: Counter[str] = field(default_factory=Counter)
    started: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    workflows: dict[tuple[str, str], str] = field(default_factory=dict)
    schedules: dict[tuple[str, str], str] = field(default_factory=dict)
    dice: Random = field(default_factory=lambda: Random(SEED))
    mischief: Random = field(default_factory=lambda: Random(SEED))  # of those who do harm
    turn: int = 0

    def __post_init__(self) -> None:
        self.scales = Scales(self.product)

    def define(self) -> None:
        """Publish a workflow of each kind in each workspace, and let schedules start some."""
        for tenant in self.callers:
            for kind, definition in definitions(self.target).items():
                self._publish(tenant, kind, definition)
            self._publish(tenant, "inner", inner(self.workflows[tenant, "call"]))
            for name, config in SCHEDULES.items():
                body = {"name": name, "kind": "schedule", "config": config}
                body["workflow"] = self.workflows[tenant, SCHEDULED]
                self.schedules[tenant, name] = self._made(tenant, "triggers/", body)

    def _publish(self, tenant: str, kind: str, definition: dict[str, Any]) -> None:
        made = self._made(tenant, "workflows/", {"name": kind, "definition": definition})
        said = self.callers[tenant].call("POST", f"workflows/{made}/publish/", {})
        assert said.status in (200, 201), said.text
        self.workflows[tenant, kind] = made

    def _made(self, tenant: str, path: str, body: dict[str, Any]) -> str:
        made = self.callers[tenant].call("POST", path, body)
        assert made.status == 201, made.text
        return str(made.json["id"])

    # What people do

    def start(self) -> None:
        """Start a run of any kind; only what was accepted counts."""
        tenant = self.dice.choice(TENANTS)
        kind = self.dice.choices(KINDS, ODDS)[0]
        path = f"workflows/{self.workflows[tenant, kind]}/runs/"
        answer = self.callers[tenant].call("POST", path, {"inputs": {"orders": [1, 2, 3]}})
        if answer.status == 202:
            self.started[tenant, kind] += 1
        else:
            self.refused[answer.status] += 1

    def decide(self) -> None:
        """Answer what is asked in the workspace whose turn it is."""
        self.turn = (self.turn + 1) % len(TENANTS)
        caller = self.callers[TENANTS[self.turn]]
        asked = caller.call("GET", "approvals/?status=open")
        for wait in asked.json["results"] if asked.status == 200 else []:
            caller.call("POST", f"approvals/{wait['id']}/decide/", {"decision": "approved"})

    # What goes wrong

    def kill(self) -> None:
        """End one of the workers without a word, and start another one."""
        self.nursery.kill(self.mischief.choice(self.nursery.workers))
        self.nursery.start()
        self.faults["kills"] += 1

    def empty_redis(self) -> None:
        self.servers.empty_redis()
        self.faults["emptied"] += 1

    def restart_postgres(self) -> None:
        """End PostgreSQL without a word; the supervisor starts it again."""
        self.servers.prove_postgres()
        kill_service(self.product, "bin/postgres")
        self.faults["restarts"] += 1

    def stress(self, seconds: float) -> None:
        """Let people and mischief go on side by side until the time is over."""
        harm: Acts = {
            self.kill: KILL_S, self.empty_redis: EMPTY_S, self.restart_postgres: RESTART_S,
            self.scales.weigh: LOOK_S,
        }  # fmt: skip
        end = time.monotonic() + seconds
        mischief = threading.Thread(target=_keep_doing, args=(harm, end))
        mischief.start()
        _keep_doing({self.start: START_S, self.decide: DECIDE_S}, end)
        mischief.join()

    def settle(self) -> bool:
        """Let everything come to its end, without new faults; False if it does not in time."""
        end = time.monotonic() + SETTLE_S
        waiting = set(self.schedules)
        while time.monotonic() < end:
            with suppress(*AWAY):
                waiting -= {each for each in waiting if self._rests(*each)}
                for _ in TENANTS:
                    self.decide()
                if not waiting and not self._unfinished():
                    return True
            time.sleep(1)
        return False

    def _rests(self, tenant: str, name: str) -> bool:
        path = f"triggers/{self.schedules[tenant, name]}/disable/"
        return self.callers[tenant].call("POST", path, {}).status == 200

    def _unfinished(self) -> int:
        answers = (
            caller.call("GET", f"runs/?status={status}")
            for caller in self.callers.values()
            for status in ("queued", "running", "waiting")
        )
        return sum(len(each.json["results"]) if each.status == 200 else 1 for each in answers)

    def report(self, *, settled: bool) -> dict[str, Any]:
        """Return the auditor's word and the figures."""
        kinds = (*KINDS, SCHEDULED)
        accepted = {
            tenant: {self.workflows[tenant, kind]: self.started[tenant, kind] for kind in kinds}
            for tenant in TENANTS
        }
        schedules = {tenant: self.workflows[tenant, SCHEDULED] for tenant in TENANTS}
        calls = {tenant: self.workflows[tenant, "call"] for tenant in TENANTS}
        sink = {path: self.target.seen(f"/{path}") for path in ("put", "flaky")}
        given = {"accepted": accepted, "schedules": schedules, "calls": calls, "sink": sink}
        said = self.product.python("tests.faults.soak_audit", json.dumps(given))
        return {
            "settled": settled, "started": self.started.total(), "refused": dict(self.refused),
            "faults": dict(self.faults), "workspaces": len(TENANTS), "seed": SEED,
            "memory_mib": self.scales.read(), **json.loads(said),
        }  # fmt: skip


def _keep_doing(acts: Acts, end: float) -> None:
    """Do each thing at its own pace until the time is over; what is away is tried again."""
    begun = time.monotonic()
    due = {act: begun + pace for act, pace in acts.items()}
    while time.monotonic() < end:
        for act, pace in acts.items():
            if time.monotonic() >= due[act]:
                due[act] = max(due[act] + pace, time.monotonic())
                with suppress(*AWAY):
                    act()
        time.sleep(0.02)


def main() -> None:
    """Soak, and print what came of it."""
    minutes = float(sys.argv[1]) if sys.argv[1:] else 30.0
    target = Target(patience_s=0.3)
    with temporary_folder() as folder:
        product = Product(folder, AUTERITY_EGRESS_ALLOW=target.origin).start()
        try:
            assert product.says("Auterity is ready after"), product.output
            callers, servers = callers_of(product, target), servers_of(product)
            with Nursery(product, target.origin) as nursery:
                soak = Soak(product, servers, target, callers, nursery)
                soak.define()
                for _ in range(WORKERS):
                    nursery.start()
                soak.stress(minutes * 60)
                sys.stdout.write(json.dumps(soak.report(settled=soak.settle())) + "\n")
        finally:
            product.stop()
            target.close()


def servers_of(product: Product) -> Servers:
    """Return the product's servers, once they are proved to be those of its folder."""
    addresses = product.services()
    return Servers(product.data, addresses["DATABASE_URL"], addresses["REDIS_URL"]).claim()


def callers_of(product: Product, target: Target) -> dict[str, Caller]:
    """Return a caller for each workspace; those that are missing are made here."""
    said = product.python("tests.faults.soak_workspaces", json.dumps(TENANTS))
    keys = json.loads(said.splitlines()[-1])  # before it come the mails that welcome owners
    return {tenant: Caller(product, keys[tenant], target) for tenant in TENANTS}


if __name__ == "__main__":
    main()
