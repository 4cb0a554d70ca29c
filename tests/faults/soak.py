"""`python -m tests.faults.soak [minutes]`: every fault at once over a whole product, as long as you like.

It starts a product in a folder of its own with several workers, and keeps starting runs of several
kinds in two workspaces while it kills a worker each second, PostgreSQL each minute, and empties
Redis every twenty seconds. Then it lets everything come to its end, asks the auditor, and prints
one line of JSON: runs, lost ones, double transitions, repeats, faults, growth of the web process.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.test")
django.setup()

# ruff: noqa: E402 - what follows may be imported only once Django is set up
from tests.factories.product import ROOT, Product, kill_service, open_folder
from tests.faults.api import Caller
from tests.faults.crowd import Target
from tests.faults.ownership import Servers
from tests.faults.soak_kinds import definitions

WORKERS = 4
KILL_S, EMPTY_S, RESTART_S, START_S, LOOK_S = 1.0, 20.0, 60.0, 0.5, 10.0
SETTLE_S = 180.0
SEED = 20260704
TENANTS = ("demo", "soak")
KINDS = ("call", "wait", "ask", "flaky", "code", "rounds")


@dataclass
class Soak:
    """The product, those who work and those who ask."""

    product: Product
    servers: Servers
    target: Target
    callers: dict[str, Caller]
    faults: Counter[str] = field(default_factory=Counter)
    started: Counter[str] = field(default_factory=Counter)
    workflows: dict[tuple[str, str], str] = field(default_factory=dict)
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(SEED))

    def define(self) -> None:
        """Make a published workflow of each kind in each workspace."""
        for tenant, caller in self.callers.items():
            for kind, definition in definitions(self.target).items():
                made = caller.call("POST", "workflows/", {"name": kind, "definition": definition})
                assert made.status == 201, made.text
                self.workflows[tenant, kind] = made.json["id"]

    def start(self) -> None:
        """Start a run of any kind; only what was accepted counts."""
        tenant, kind = self.dice.choice(TENANTS), self.dice.choice(KINDS)
        path = f"workflows/{self.workflows[tenant, kind]}/runs/"
        body = {"inputs": {"orders": [1, 2, 3]}, "version": "draft"}
        answer = self.callers[tenant].call("POST", path, body)
        self.started[f"{tenant} {kind}" if answer.status == 202 else "refused"] += 1

    def decide(self) -> None:
        """Answer whatever is asked."""
        for caller in self.callers.values():
            asked = caller.call("GET", "approvals/?status=open")
            for wait in asked.json["results"] if asked.status == 200 else []:
                caller.call("POST", f"approvals/{wait['id']}/decide/", {"decision": "approved"})

    def kill(self) -> None:
        """End one of the workers without a word, and start another one."""
        grown = [each for each in self.workers if each.poll() is None]
        victim = self.dice.choice(grown)
        victim.send_signal(signal.SIGKILL)
        victim.wait(10)
        self.workers.remove(victim)
        self.work()
        self.faults["kills"] += 1

    def work(self) -> None:
        """Start a worker beside the product's own."""
        env = {**os.environ, **self.product.services(), "AUTERITY_DATA": str(self.product.data)}
        env |= {"AUTERITY_EGRESS_ALLOW": self.target.origin, "PORT": str(self.product.port)}
        env["DJANGO_SETTINGS_MODULE"] = "auterity.settings.dev"
        command = [sys.executable, "-m", "celery", "-q", "-A", "auterity", "worker", "-Q", "run",
                   "-P", "threads", "-c", "8", "--without-gossip", "--without-mingle"]  # fmt: skip
        quiet = subprocess.DEVNULL
        self.workers.append(
            subprocess.Popen(command, cwd=ROOT, env=env, stdout=quiet, stderr=quiet)
        )

    def empty_redis(self) -> None:
        self.servers.empty_redis()
        self.faults["emptied"] += 1

    def restart_postgres(self) -> None:
        """End PostgreSQL without a word; the supervisor starts it again."""
        self.servers.prove_postgres()
        kill_service(self.product, "bin/postgres")
        self.faults["restarts"] += 1

    def weigh(self) -> None:
        """Note how much memory the web process holds."""
        with suppress(OSError, KeyError):
            pid = self.product.children()["uvicorn"]
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            self.memory.append((time.monotonic(), pages * os.sysconf("SC_PAGE_SIZE") >> 10))

    def stress(self, seconds: float) -> None:
        """Do each thing at its own pace until the time is over; what is away is tried again."""
        acts: dict[Callable[[], None], float] = {
            self.start: START_S, self.decide: 2 * KILL_S, self.kill: KILL_S, self.weigh: LOOK_S,
            self.empty_redis: EMPTY_S, self.restart_postgres: RESTART_S,
        }  # fmt: skip
        begun = time.monotonic()
        due = {act: begun + pace for act, pace in acts.items()}
        while time.monotonic() < begun + seconds:
            for act, pace in acts.items():
                if time.monotonic() >= due[act]:
                    due[act] = max(due[act] + pace, time.monotonic())
                    with suppress(OSError, KeyError, ValueError):
                        act()
            time.sleep(0.02)

    def settle(self) -> bool:
        """Let everything come to its end; False if it does not in time."""
        end = time.monotonic() + SETTLE_S
        while time.monotonic() < end:
            with suppress(OSError, KeyError, ValueError):
                self.decide()
                if not self._unfinished():
                    return True
            time.sleep(1)
        return False

    def _unfinished(self) -> int:
        answers = [
            caller.call("GET", f"runs/?status={status}")
            for caller in self.callers.values()
            for status in ("queued", "running", "waiting")
        ]
        return sum(len(each.json["results"]) if each.status == 200 else 1 for each in answers)

    def report(self, *, settled: bool) -> dict[str, Any]:
        """Return the auditor's word and the figures."""
        given = {
            "tenants": {
                tenant: {
                    self.workflows[tenant, kind]: self.started[f"{tenant} {kind}"] for kind in KINDS
                }
                for tenant in TENANTS
            },
            "sink": {"put": self.target.seen("/put"), "flaky": self.target.seen("/flaky")},
        }
        said = self.product.python("tests.faults.soak_audit", json.dumps(given))
        return {
            "settled": settled, "runs": sum(self.started.values()) - self.started["refused"],
            "refused": self.started["refused"], "faults": dict(self.faults),
            "memory_kib_per_minute": slope(self.memory), "seed": SEED, **json.loads(said),
        }  # fmt: skip


def slope(points: list[tuple[float, int]]) -> float:
    """Return the growth per minute of the line that fits best."""
    if len(points) < 2:
        return 0.0
    middle = sum(at for at, _ in points) / len(points)
    mean = sum(value for _, value in points) / len(points)
    spread = sum((at - middle) ** 2 for at, _ in points)
    return round(60 * sum((at - middle) * (value - mean) for at, value in points) / spread, 1)


def main() -> None:
    """Soak, and print what came of it."""
    minutes = float(sys.argv[1]) if sys.argv[1:] else 30.0
    target = Target(patience_s=0.3)
    with open_folder() as folder:
        product = Product(folder, AUTERITY_EGRESS_ALLOW=target.origin).start()
        assert product.says("Auterity is ready after"), product.output
        soak = Soak(product, servers_of(product), target, callers_of(product, target))
        try:
            soak.define()
            for _ in range(WORKERS):
                soak.work()
            soak.stress(minutes * 60)
            sys.stdout.write(json.dumps(soak.report(settled=soak.settle())) + "\n")
        finally:
            for worker in soak.workers:
                worker.kill()
                worker.wait(10)
            product.stop()
            target.close()


def servers_of(product: Product) -> Servers:
    """Return the product's servers, once they are proved to be those of its folder."""
    addresses = product.services()
    return Servers(product.data, addresses["DATABASE_URL"], addresses["REDIS_URL"]).claim()


def callers_of(product: Product, target: Target) -> dict[str, Caller]:
    """Return a caller for each workspace; the second one is made here."""
    product.command("create_workspace", TENANTS[1])
    keys = {
        tenant: product.command(
            "create_api_key", "--tenant", tenant, "--role", "owner", "--name", "soak"
        ).split()[-1]
        for tenant in TENANTS
    }
    return {tenant: Caller(product, key, target) for tenant, key in keys.items()}


if __name__ == "__main__":
    main()
