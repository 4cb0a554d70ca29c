"""Two web servers of one product, and a crowd that edits drafts there while things break.

`python -m tests.collaboration.crowd 1000000` lets 20 clients of y-websocket edit each of 50 drafts.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, Any

from apps.local.processes import wait_until
from tests.collaboration.node import started
from tests.factories.prepared import prepared_folder
from tests.factories.product import Product, descendants
from tests.faults.test_services_gone import server_of

BETWEEN_FAULTS_S = 4.0
SOCKETS_OF_ONE = 40  # one person may have 50 in a process
PEOPLE = """
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from apps.accounts.services import add_member
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.workflows.services import create_workflow
store = import_module(settings.SESSION_ENGINE).SessionStore
with public_scope():
    tenant = Tenant.objects.get(slug="demo")
cookies, documents = [], []
with tenant_context(tenant):
    for place in range({people}):
        user = add_member(email=f"crowd{{place}}@crowd.example", name=f"C{{place}}", role="owner")
        session = store()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        cookies.append(f"{{settings.SESSION_COOKIE_NAME}}={{session.session_key}}")
    for place in range({documents}):
        documents.append(str(create_workflow(actor=user, name=f"Crowd {{place}}").pk))
print(json.dumps([cookies, documents], separators=(",", ":")))
"""


@dataclass(frozen=True)
class Size:
    """How many edit how much."""

    documents: int
    clients: int
    operations: int
    at_once: int = 5  # operations between two breaths
    pause_ms: int = 10
    seed: int = 7
    faults: int = 2  # as many kills and as many times that Redis is emptied there are at least


@dataclass
class Outcome:
    """What was found in the end."""

    told: dict[str, Any] = field(default_factory=dict)
    kills: int = 0
    flushes: int = 0
    definitions: dict[str, list[str]] = field(default_factory=dict)  # ids of the steps
    output: str = ""


class Servers:
    """A product and a second web server on the same data."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.second = self._another()

    @property
    def ports(self) -> list[int]:
        return [self.product.port, self.second.port]

    def kill(self, turn: int) -> None:
        """End one of the web servers without a word, and have it come again."""
        if turn % 2:
            self.second.process.kill()
            self.second.process.wait(30)
            self.second = self._another(self.second.port)
        else:
            pid = self.product.children()["uvicorn"]
            handle = os.pidfd_open(pid)
            try:
                assert pid in descendants(self.product.process.pid, deep=False)
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            finally:
                os.close(handle)

    def answers(self) -> bool:
        """Tell whether both are there."""
        for web in (self.product, self.second):
            try:
                if web.get("/healthz/live")[0] != 200:
                    return False
            except OSError:
                return False
        return True

    def _another(self, port: int = 0) -> Product:
        return Product(self.product.data, "--only", "web", port=port).start()


@contextmanager
def servers() -> Iterator[Servers]:
    """Start a product with two web servers, and end it."""
    with prepared_folder() as folder:
        product = Product(folder).start()
        assert product.says("Auterity is ready after"), product.output
        both = Servers(product)
        try:
            assert wait_until(both.answers, seconds=60), both.second.output
            yield both
        finally:
            both.second.stop()
            product.stop()


def edit_together(both: Servers, size: Size) -> Outcome:
    """Let the crowd edit while servers are killed and Redis is emptied; return what became of it."""
    people = -(-size.documents * (size.clients + 2) // SOCKETS_OF_ONE)
    script = PEOPLE.format(people=people, documents=size.documents)
    said = both.product.command("shell", "--no-imports", "-v", "0", "-c", script)
    cookies, documents = json.loads(said.splitlines()[-1])
    world = {
        "ports": both.ports, "cookies": cookies, "documents": documents,
        "clients": size.clients, "operations": size.operations, "seed": size.seed,
        "at_once": size.at_once, "pause_ms": size.pause_ms, "leaving": 0.001,
        "faults": {"breaks": 0.0005, "losses": 0.01, "swaps": 0.02},
    }  # fmt: skip
    outcome, edited = Outcome(), threading.Event()
    with started("peers.mjs") as crowd:
        assert crowd.stdin is not None
        crowd.stdin.write(json.dumps(world) + "\n")
        crowd.stdin.flush()
        enough = [both, edited, outcome, size.faults, crowd.stdin]
        breaking = threading.Thread(target=_break, args=enough, daemon=True)
        breaking.start()
        outcome.told = _follow(crowd, edited)
    breaking.join()
    outcome.output = f"{both.product.output}\n{both.second.output}"
    return outcome


def _break(
    both: Servers, edited: threading.Event, outcome: Outcome, least: int, crowd: IO[str]
) -> None:
    """Break things while the crowd edits, which it does until it hears that enough was broken."""
    while not edited.wait(BETWEEN_FAULTS_S):
        with suppress(OSError, KeyError):
            both.kill(outcome.kills)
            outcome.kills += 1
        if edited.wait(BETWEEN_FAULTS_S / 2):
            return
        server_of(both.product).flushall()
        outcome.flushes += 1
        if min(outcome.kills, outcome.flushes) == least:
            crowd.write("enough\n")
            crowd.flush()
        wait_until(both.answers, seconds=60)


def _follow(crowd: "subprocess.Popen[str]", edited: threading.Event) -> dict[str, Any]:
    """Read what the crowd says until it is done."""
    assert crowd.stdout is not None
    told: dict[str, Any] = {}
    try:
        for line in crowd.stdout:
            told = json.loads(line)
            if "edited" in told:
                edited.set()
            if "done" in told and told["done"] % 50_000 == 0:
                sys.stderr.write(f"{time.strftime('%H:%M:%S')} {told['done']} operations\n")
    finally:
        edited.set()
        crowd.wait(60)
    return told


def main(operations: int) -> None:
    size = Size(documents=50, clients=20, operations=operations, at_once=10)
    with servers() as both:
        outcome = edit_together(both, size)
    told = {key: value for key, value in outcome.told.items() if key != "contents"}
    found = {"operations": operations, "kills": outcome.kills, "flushes": outcome.flushes, **told}
    sys.stdout.write(f"{json.dumps(found)}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
