"""PostgreSQL or Redis gone in the middle of runs: a running product loses nothing and never 500s."""

import json
import signal
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from websockets.exceptions import ConnectionClosed

from apps.dispatch.leases import LEASE_S
from apps.local.supervisor import RESTARTS, WITHIN_S
from apps.tenants.consumers import TRY_LATER
from tests.factories.prepared import prepared_folder
from tests.factories.product import Product, kill_service
from tests.factories.runs import until
from tests.faults.api import Answer, Caller
from tests.faults.crowd import Target
from tests.faults.ownership import Servers
from tests.faults.scenarios import call
from tests.faults.sizes import size
from tests.local.test_shutdown import sign_in, socket_of_a_page
from tests.runs.interpreter.test_semantics import code, graph, transform
from tests.workflows.definitions import edge, node

pytestmark = pytest.mark.xdist_group("services-gone")
BACK_S = 60  # until runs are over once a service is back; how soon is what bench/recovery tells
DELAY_S = 5  # what starts may take while Redis is away
ENDED = {"succeeded", "failed", "cancelled", "timed_out", "needs_attention"}


@dataclass
class Load:
    """Runs of several kinds, started over the API."""

    caller: Caller
    target: Target
    servers: Servers
    workflows: dict[str, str] = field(default_factory=dict)  # kind -> id
    runs: dict[str, list[str]] = field(default_factory=dict)

    def define(self) -> None:
        """Make a workflow of each kind."""
        for kind, definition in self._kinds().items():
            made = self.caller.call("POST", "workflows/", {"name": kind, "definition": definition})
            self.workflows[kind], self.runs[kind] = made.json["id"], []

    def start(self, kind: str, times: int = 1) -> None:
        """Start runs of a kind; each must be accepted."""
        for _ in range(times):
            path = f"workflows/{self.workflows[kind]}/runs/"
            answer = self.caller.call("POST", path, {"inputs": {}, "version": "draft"})
            assert answer.status == 202, answer.text
            self.runs[kind].append(answer.json["id"])

    def statuses(self) -> list[str]:
        """Return the status of every run; a refused call tells nothing of its run."""
        ids = [run for runs in self.runs.values() for run in runs]
        answers = [self.caller.call("GET", f"runs/{run}/") for run in ids]
        return [each.json["status"] if each.status == 200 else "" for each in answers]

    def is_running(self, kind: str, step: str) -> bool:
        """Tell whether a step of each run of a kind is on its way."""
        answers = [self.caller.call("GET", f"runs/{run}/nodes/") for run in self.runs[kind]]
        found = [{row["node"]: row["status"] for row in each.json["results"]} for each in answers]
        return all(each.get(step) in {"running", "waiting"} for each in found)

    def is_over(self) -> bool:
        return ENDED.issuperset(self.statuses())

    def audit(self, *, kills: int = 0) -> list[str]:
        """Return what the auditor finds; so many calls may have been repeated."""
        given = {
            "kills": kills,
            "workflows": {self.workflows[kind]: len(runs) for kind, runs in self.runs.items()},
            "calls": self.workflows["call"],
            "seen": [key for key in self.target.keys if key],
        }
        said = self.caller.product.python("tests.faults.product_audit", json.dumps(given))
        wrong: list[str] = json.loads(said)
        return wrong

    def _kinds(self) -> dict[str, dict[str, Any]]:
        busy = "total = 0\nfor i in range(3_000_000):\n    total = total + 1\ntotal"
        wait = node("w", "flow.wait", config={"seconds": 1.5})
        return {
            "code": graph(code("busy", busy), transform("b"),
                          edge("start", "busy"), edge("busy", "b")),
            "wait": graph(wait, transform("b"), edge("start", "w"), edge("w", "b")),
            "call": graph(call("put", self.target), transform("b"),
                          edge("start", "put"), edge("put", "b")),
            "once": graph(call("post", self.target, "POST"), edge("start", "post")),
        }  # fmt: skip


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    """A product with a folder, ports and services of its own."""
    target = Target()
    with prepared_folder() as folder:
        product = Product(folder, AUTERITY_EGRESS_ALLOW=target.origin).start()
        assert product.says("Auterity is ready after"), product.output
        arguments = ("--tenant", "demo", "--role", "owner", "--name", "faults")
        yield Caller(product, product.command("create_api_key", *arguments).split()[-1], target)
        product.stop()
    target.close()


@pytest.fixture(scope="module")
def servers(caller: Caller) -> Servers:
    """The product's servers, proved to be those of its folder and marked."""
    addresses = caller.product.services()
    folder = caller.product.data
    return Servers(folder, addresses["DATABASE_URL"], addresses["REDIS_URL"]).claim()


@pytest.fixture
def load(caller: Caller, servers: Servers) -> Load:
    target = caller.target
    target.reset()
    until(lambda: caller.open("/healthz/ready").status == 200)
    made = Load(caller, target, servers)
    made.define()
    caller.statuses.clear()
    return made


@contextmanager
def left_dead(product: Product, word: str) -> Iterator[None]:
    """Kill a service and keep its supervisor from starting it again while the block runs."""
    product.process.send_signal(signal.SIGSTOP)
    try:
        kill_service(product, word)
        yield
    finally:
        product.process.send_signal(signal.SIGCONT)


def backends(product: Product) -> list[str]:
    """Return the processes that still work in the cluster's folder."""
    cluster = product.data / "postgres" / "data"
    found = []
    for path in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            found += [path.parent.name] if path.readlink() == cluster else []
    return found


def database_answers(product: Product) -> bool:
    try:
        psycopg.connect(product.services()["DATABASE_URL"], connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def redis_answers(product: Product) -> bool:
    try:
        return bool(server_of(product).ping())
    except redis.RedisError:
        return False


def server_of(product: Product) -> "redis.Redis":
    return redis.Redis.from_url(product.services()["REDIS_URL"])


def test_postgres_killed_in_the_middle_of_runs(load: Load) -> None:
    product, caller = load.caller.product, load.caller
    load.start("call", 2)
    load.start("once", 2)
    until(lambda: len(load.target.keys) == 4)
    load.start("wait", 2)
    load.start("code", 1)
    until(lambda: load.is_running("code", "busy"))
    cookie = sign_in(product, "builder")
    load.servers.prove_postgres()
    with left_dead(product, "bin/postgres"):
        until(lambda: not backends(product))  # they notice within milliseconds, and end
        load.target.answer.set()  # the answers come while nobody can write them down
        with ThreadPoolExecutor(8) as pool:
            called = [pool.submit(caller.call, "GET", "runs/") for _ in range(3)]
            begun = pool.submit(caller.call, "POST", "workflows/", {"name": "lost"})
            page = pool.submit(caller.open, "/", cookie=cookie)
            ready = pool.submit(caller.open, "/healthz/ready")
            alive = pool.submit(caller.open, "/healthz/live")
            closed = pool.submit(close_code, product, cookie)
        for answer in (*(each.result() for each in called), begun.result()):
            assert_problem(answer)
        assert page.result().status == 503
        assert "Back in a moment" in page.result().text
        assert ready.result().json == {"status": "waiting", "failed": ["database"], "warnings": []}
        assert alive.result().status == 200
        assert closed.result() == TRY_LATER
    until(lambda: database_answers(product))
    until(load.is_over, BACK_S)
    assert set(load.statuses()) == {"succeeded"}
    assert set(caller.statuses) <= {200, 202, 503}
    assert "Traceback" not in product.output, product.output
    assert len(load.target.keys) == 4  # what was answered meanwhile is not asked again
    assert load.audit() == []


def test_redis_killed_with_all_it_knew(load: Load) -> None:
    product, caller = load.caller.product, load.caller
    cookie = sign_in(product, "owner")
    load.start("call", 2)
    until(lambda: len(load.target.keys) == 2)
    with socket_of_a_page(product, cookie) as page:
        page.send(json.dumps({"type": "subscribe", "run": load.runs["call"][0], "after": 0}))
        assert json.loads(page.recv(10))["event"]["type"] == "run.queued"
        load.servers.prove_redis()
        with left_dead(product, "redis-server"):
            begun = time.monotonic()
            load.start("wait", 2)
            load.start("code", 1)
            assert time.monotonic() - begun < DELAY_S  # nobody waits for the doorbell
            assert caller.call("GET", "runs/").status == 200
            assert caller.open("/", cookie=cookie).status == 200
            assert_sign_in_is_closed(caller)
            assert close_code(product, cookie) == TRY_LATER
            assert "redis" in caller.open("/healthz/ready").json["failed"]
            until(lambda: caller.open("/healthz/ready").json["failed"] == ["broker", "redis"])
            load.target.answer.set()
            lose_everything(product)
        until(lambda: redis_answers(product))
        load.servers.mark_redis()
        until(load.is_over, BACK_S)
        told = [json.loads(page.recv(10))["event"]["type"]]
        while told[-1] != "run.succeeded":
            told.append(json.loads(page.recv(10))["event"]["type"])
    assert set(load.statuses()) == {"succeeded"}
    assert set(caller.statuses) <= {200, 202, 503}
    assert "Traceback" not in product.output
    assert load.audit() == []


def test_redis_emptied_in_the_middle_of_runs(load: Load) -> None:
    load.target.answer.set()
    for _ in range(size(2, 40)):
        load.start("call", 3)
        load.start("wait", 2)
        load.servers.empty_redis()
    until(load.is_over, BACK_S)
    assert set(load.caller.statuses) <= {200, 202}
    assert load.audit() == []


def test_postgres_restarted_again_and_again(load: Load) -> None:
    """Each time it is killed without a word; nothing is wrong, and it goes on in seconds.

    Where nobody could write for longer than a lease, a call whose answer came meanwhile is repeated.
    """
    load.target.answer.set()
    product, long_outages = load.caller.product, 0
    killed: deque[float] = deque(maxlen=RESTARTS)
    for _ in range(size(1, 20)):
        if len(killed) == RESTARTS:  # one more within a minute, and the supervisor gives up
            until(lambda: time.monotonic() - killed[0] > WITHIN_S, seconds=2 * WITHIN_S)
        load.start("call", 3)
        load.start("wait", 2)
        load.servers.prove_postgres()
        killed.append(time.monotonic())
        kill_service(product, "bin/postgres")
        until(lambda: load.caller.open("/healthz/ready").status == 200)
        until(load.is_over, BACK_S)
        long_outages += time.monotonic() - killed[-1] > LEASE_S / 2
    assert set(load.caller.statuses) <= {200, 202, 503}
    assert load.audit(kills=long_outages) == []


def test_postgres_takes_no_writes_and_no_connections(load: Load) -> None:
    """The server lives and refuses: callers hear 503, what runs goes on when it takes them again."""
    load.target.answer.set()
    load.start("wait", 2)
    load.servers.prove_postgres()
    with read_only(load.servers):
        path = f"workflows/{load.workflows['wait']}/runs/"
        body = {"inputs": {}, "version": "draft"}
        assert_problem(load.caller.call("POST", path, body))
        assert load.caller.call("GET", "runs/").status == 200
    until(lambda: load.caller.open("/healthz/ready").status == 200)
    load.start("wait", 1)
    until(load.is_over, BACK_S)
    assert load.audit() == []


@contextmanager
def read_only(servers: Servers) -> Iterator[None]:
    """Have PostgreSQL take no writes from the product's sessions for a while."""
    with servers.superuser() as admin:
        admin.execute("ALTER ROLE auterity SET default_transaction_read_only = on")
        end_sessions(admin)
    try:
        yield
    finally:
        with servers.superuser() as admin:
            admin.execute("ALTER ROLE auterity RESET default_transaction_read_only")
            end_sessions(admin)


def end_sessions(admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    """End the product's sessions: a new one is what a changed default is for."""
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename='auterity'")


def assert_problem(answer: Answer) -> None:
    assert answer.status == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json["code"] == "unavailable"


def close_code(product: Product, cookie: str) -> int:
    """Open the socket of a page, ask for counts, and return the code with which it is closed."""
    with socket_of_a_page(product, cookie) as page:
        try:
            page.send(json.dumps({"type": "subscribe_counts"}))
            page.recv(20)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0
    return 0


def assert_sign_in_is_closed(caller: Caller) -> None:
    """Nobody counts the attempts, so there are none; whoever is signed in stays so."""
    page = caller.open("/accounts/login/")
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    cookies = page.headers["Set-Cookie"].split(";")[0]
    form = f"csrfmiddlewaretoken={token}&login=ben@demo.example&password=guess"
    refused = caller.open("/accounts/login/", form, cookies)
    assert refused.status == 503
    assert "Back in a moment" in refused.text


def lose_everything(product: Product) -> None:
    """Remove what Redis would read at its next start."""
    folder = product.data / "redis"
    for path in folder.rglob("*.aof*"):
        path.unlink()
