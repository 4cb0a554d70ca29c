"""`python -m bench.live [viewers] [socket|stream]`: what browsers and programs hear of runs, and how late.

Starts a product and a model of its own. Four scenes: all viewers at one run, and each at a run of
its own, over sockets and over event streams. A run has about a hundred events and four answers that
come word by word. One line of JSON: what was delivered of what was expected, the delay from when
an event was noted (a token: sent by the model) to its arrival, the CPU of the web process and its
memory. Viewers share the machine with the product, so their own work is in the delays.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

import aiohttp
from aiohttp import web
from websockets.asyncio.client import connect
from websockets.typing import Origin

from apps.local.processes import free_port
from apps.local.temporary import temporary_folder
from bench.product import Running, running
from bench.start import cpu_of, family, memory_of

WORDS, PAUSE_S, ANSWERS, BETWEEN = 20, 0.025, 4, 23
PER_PERSON = 20  # sockets or streams that one person may hold are bounded
PATIENCE_S = 900
PEOPLE = """
import json, time
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from apps.accounts.services import add_member, create_api_key
from apps.gateway.models import ModelRoute
from apps.gateway.services import add_provider, put_first
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
store = import_module(settings.SESSION_ENGINE).SessionStore
with public_scope():
    tenant = Tenant.objects.get(slug="demo")
told = []
with tenant_context(tenant):
    for place in range({people}):
        user = add_member(email=f"b{{time.time_ns()}}@bench.example", name="B", role="owner")
        session = store()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        key = create_api_key(name=f"b{{place}}", role="owner", user=user, actor=user)[1]
        told.append([f"{{settings.SESSION_COOKIE_NAME}}={{session.session_key}}", key])
    provider = add_provider(actor=user, kind="openai_compatible", name="Bench", base_url="{model}", needs_key=False, default_model="words")
    put_first(ModelRoute.objects.get(alias="default"), provider, actor=user, model="words")
print(json.dumps(told, separators=(",", ":")))
"""


def definition() -> dict[str, Any]:
    """Return a chain: four times a model's answer, and transforms before and after each."""
    nodes: list[dict[str, Any]] = [
        {"id": "start", "type": "core.start", "config": {}},
        {"id": "ask", "type": "human.approval", "config": {"title": "Go?"}},
    ]
    for part in range(ANSWERS + 1):
        fields = [{"name": "n", "value": "{{ 1 }}"}]
        nodes += (
            {"id": f"t{part}_{place}", "type": "data.transform", "config": {"fields": fields}}
            for place in range(BETWEEN)
        )
        if part < ANSWERS:
            nodes.append({"id": f"a{part}", "type": "ai.generate", "config": {"prompt": "Go"}})
    edges = [
        {"source": before["id"], "target": after["id"]}
        | ({"source_port": "approved"} if before["id"] == "ask" else {})
        for before, after in pairwise(nodes)
    ]
    return {"schema": 1, "nodes": nodes, "edges": edges}


async def say(request: web.Request) -> web.StreamResponse:
    """Answer word by word; each word is the time it was sent at."""
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    for _ in range(WORDS):
        delta = {"delta": {"content": f"{time.time():.4f} "}}
        await answer.write(f"data: {json.dumps({'choices': [delta]})}\n\n".encode())
        await asyncio.sleep(PAUSE_S)
    done = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    await answer.write(f"data: {json.dumps(done)}\n\ndata: [DONE]\n\n".encode())
    return answer


@dataclass
class Crowd:
    """The viewers that are awaited: once all have seen their run wait, the runs go on."""

    missing: int
    is_live: bool = False
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    def arrive(self) -> None:
        self.missing -= 1
        if not self.missing:
            self.complete.set()


@dataclass
class Viewer:
    """What one viewer heard of one run."""

    crowd: "Crowd"
    seqs: list[int] = field(default_factory=list)
    words: int = 0
    late: list[float] = field(default_factory=list)
    token_late: list[float] = field(default_factory=list)

    def event(self, event: dict[str, Any]) -> bool:
        """Take an event; tell whether it is the run's last."""
        at = datetime.fromisoformat(event["at"]).timestamp()
        if self.crowd.is_live:
            self.late.append(time.time() - at)
        self.seqs.append(event["seq"])
        if event["type"] == "node.waiting":
            self.crowd.arrive()
        return event["type"] in ("run.succeeded", "run.failed")

    def token(self, text: str) -> None:
        words = text.split()
        self.words += len(words)
        self.token_late.append(time.time() - float(words[-1]))


@dataclass
class Scene:
    """One product and those who may look at it."""

    product: Running
    people: list[tuple[str, str]]
    session: aiohttp.ClientSession

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.product.port}"

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.people[0][1]}"}
        url = f"http://127.0.0.1:{self.product.port}/api/v1/{path}"
        async with self.session.request(method, url, json=body, headers=headers) as answer:
            found = await answer.json()
            assert answer.status < 300, found
            return found

    async def socket(self, place: int, run: str, crowd: Crowd) -> Viewer:
        """Follow a run as a page does."""
        viewer = Viewer(crowd)
        cookie = self.people[place // PER_PERSON][0]
        async with connect(
            f"ws://localhost:{self.product.port}/ws/live", host="127.0.0.1",
            origin=Origin(self.origin), additional_headers={"Cookie": cookie}, max_queue=None,
            open_timeout=60,
        ) as peer:  # fmt: skip
            await peer.send(json.dumps({"type": "subscribe_counts"}))
            await peer.send(json.dumps({"type": "subscribe", "run": run, "after": 0}))
            async for text in peer:
                frame = json.loads(text)
                if frame["type"] == "event":
                    if viewer.event(frame["event"]):
                        break
                elif frame["type"] == "token":
                    viewer.token(frame["text"])
                elif frame["type"] != "counts":
                    raise AssertionError(frame)
        return viewer

    async def stream(self, place: int, run: str, crowd: Crowd) -> Viewer:
        """Follow a run as a program does."""
        viewer = Viewer(crowd)
        headers = {
            "Authorization": f"Bearer {self.people[place // PER_PERSON][1]}",
            "Accept": "text/event-stream",
        }
        url = f"http://127.0.0.1:{self.product.port}/api/v1/runs/{run}/events/"
        async with self.session.get(url, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            kind = ""
            async for raw in answer.content:
                line = raw.decode().rstrip()
                if line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: ") and kind != "end":
                    data = json.loads(line[6:])
                    if kind == "token":
                        viewer.token(data["text"])
                        continue
                    if viewer.event(data):
                        break
        return viewer

    async def play(self, how: str, viewers: int, runs: int) -> dict[str, Any]:
        """Let viewers come to runs that wait, let the runs go, and return what was heard."""
        made = await self.call("POST", "workflows/", {"name": "Live", "definition": definition()})
        path = f"workflows/{made['id']}/runs/"
        body = {"inputs": {}, "version": "draft"}
        ids = [(await self.call("POST", path, body))["id"] for _ in range(runs)]
        crowd = Crowd(viewers)
        follow = self.socket if how == "socket" else self.stream
        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as tasks:
            watching = [
                tasks.create_task(follow(place, ids[place % runs], crowd))
                for place in range(viewers)
            ]
            await crowd.complete.wait()
            crowd.is_live = True
            server = next(pid for pid in family(self.product.process.pid) if _is_web(pid))
            cpu, begun = cpu_of(server), time.monotonic()
            await self.decide_all()
        seconds = time.monotonic() - begun
        heard = [each.result() for each in watching]
        return _summary(heard, seconds, cpu_of(server) - cpu, memory_of(server) / 1024)

    async def decide_all(self) -> None:
        """Approve whatever waits."""
        while found := (await self.call("GET", "approvals/?page_size=100"))["results"]:
            for each in found:
                await self.call("POST", f"approvals/{each['id']}/decide/", {"decision": "approved"})


def _is_web(pid: int) -> bool:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return b"uvicorn" in file.read()


def _summary(heard: list[Viewer], seconds: float, cpu: float, memory: float) -> dict[str, Any]:
    last = Counter(len(set(each.seqs)) for each in heard).most_common(1)[0][0]
    late = sorted(each for viewer in heard for each in viewer.late)
    tokens = sorted(each for viewer in heard for each in viewer.token_late)
    return {
        "events": f"{sum(len(set(each.seqs)) for each in heard)}/{last * len(heard)}",
        "repeated": sum(len(each.seqs) - len(set(each.seqs)) for each in heard),
        "words": f"{sum(each.words for each in heard)}/{WORDS * ANSWERS * len(heard)}",
        "p50_ms": _ms(late, 0.5), "p95_ms": _ms(late, 0.95),
        "token_p50_ms": _ms(tokens, 0.5), "token_p95_ms": _ms(tokens, 0.95),
        "seconds": round(seconds, 1), "web_cpu_s": round(cpu, 1), "web_mb": round(memory),
    }  # fmt: skip


def _ms(values: list[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(len(values) * share))] * 1000, 1) if values else 0


async def main(viewers: int, ways: tuple[str, ...]) -> None:
    model = web.Application()
    model.router.add_post("/v1/chat/completions", say)
    runner = web.AppRunner(model, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    os.environ |= {
        "AUTERITY_EGRESS_ALLOW": f"http://127.0.0.1:{port}",
        "AUTERITY_API_CALLS_PER_MINUTE": "1000000",
        "AUTERITY_RUNS_PER_TENANT": "500",
    }
    found: dict[str, Any] = {"bench": "live", "viewers": viewers}
    with temporary_folder() as data, running(data) as product:
        people = -(-viewers // PER_PERSON)
        script = PEOPLE.format(people=people, model=f"http://127.0.0.1:{port}/v1")
        said = await asyncio.to_thread(
            product.command, "shell", "--no-imports", "-v", "0", "-c", script
        )
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(connector=connector) as session:
            scene = Scene(product, [tuple(each) for each in json.loads(said)], session)
            for how in ways:
                for name, runs in (("one_run", 1), ("own_runs", viewers)):
                    found[f"{how}_{name}"] = heard = await scene.play(how, viewers, runs)
                    print(how, name, heard, file=sys.stderr)
    await runner.cleanup()
    print(json.dumps(found))


if __name__ == "__main__":
    given = sys.argv[1:]
    ways = tuple(given[1:]) or ("socket", "stream")
    asyncio.run(main(int(given[0]) if given else 200, ways))
