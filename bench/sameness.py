"""`python -m bench.sameness [pairs [name ...]]`: whether the time of an answer tells what exists.

Starts a product of its own. Pairs of requests, in turn and in an order by chance: a sign-in and a
mail for an address that is known and one that is not, an API key whose beginning is known and one
that nobody has (at the workspace's host, on loopback where the key chooses the workspace, and for
models), a workflow of another workspace and one that is nowhere. One line of JSON; for each
the AUC, the chance that the first of a pair takes longer: 0.5 tells nothing, above 0.55 (or below
0.45) is a failure. With names only those are asked.
"""

import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from apps.local.temporary import temporary_folder
from bench.product import running

MOST = 0.55
TRIES_OF_ONE = 4  # a fifth wrong password in five minutes would be put off
# Members, a key, and an id of another workspace.
WORLD = """
import json
from apps.accounts.services import add_member, create_api_key
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.tenants.services import create_tenant
from apps.workflows.services import create_workflow
with public_scope():
    tenant = Tenant.objects.get(slug="demo")
    other = create_tenant(name="Other", slug="other")
with tenant_context(other):
    owner = add_member(email="owner@other.example", name="Olga", role="owner")
    foreign = str(create_workflow(actor=owner, name="Foreign").pk)
with tenant_context(tenant):
    for place in range({people}):
        user = add_member(email=f"known{{place}}@bench.example", name=f"K{{place}}", role="viewer")
        user.set_password("correct horse 7")
        user.save()
    key = create_api_key(name="Bench", role="viewer", user=user, actor=user)[1]
print(json.dumps([foreign, key], separators=(",", ":")))
"""

Ask = Callable[[], int]


@dataclass
class Visitor:
    """Somebody whom no limit of senders has counted yet, at each request."""

    port: int
    cookie: str = ""
    token: str = ""

    def __post_init__(self) -> None:
        self.connection = HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[Any, bytes]:
        """Send a request; return the answer and its content."""
        sender = ".".join(str(random.randint(1, 250)) for _ in range(4))
        self.connection.request(method, path, body, {"X-Forwarded-For": sender, **headers})
        answer = self.connection.getresponse()
        return answer, answer.read()

    def open(self) -> None:
        """Get a token that forms need."""
        answer, _ = self.ask("GET", "/accounts/login/")
        self.cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
        self.token = self.cookie.partition("=")[2]

    def form(self, path: str, **fields: str) -> int:
        """Send a form; return the status."""
        body = urlencode({"csrfmiddlewaretoken": self.token, **fields})
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": self.cookie,
            "Referer": f"http://127.0.0.1:{self.port}{path}",
        }
        return int(self.ask("POST", path, body, **headers)[0].status)

    def program(self, key: str, path: str, host: str = "127.0.0.1") -> int:
        """Call with a key at a host; return the status."""
        headers = {"Authorization": f"Bearer {key}", "Host": f"{host}:{self.port}"}
        return int(self.ask("GET", path, **headers)[0].status)


def pairs_of(visitor: Visitor, foreign: str, key: str, people: int) -> dict[str, tuple[Ask, Ask]]:
    """Return by name what is asked: once for what exists, once for what does not."""
    turns = count()

    def known() -> str:
        return f"known{next(turns) % people}@bench.example"

    def unknown() -> str:
        return f"x{uuid4().hex[:6]}@bench.example"

    def sign_in(address: Callable[[], str]) -> Ask:
        wrong = {"password": "wrong horse 7"}
        return lambda: visitor.form("/accounts/login/", login=address(), **wrong)

    def mail(address: Callable[[], str]) -> Ask:
        return lambda: visitor.form("/accounts/password/reset/", email=address())

    kind, prefix, secret = key.split("_", 2)

    def wrong() -> str:  # another one each time: of what comes again less is written down
        return (uuid4().hex * 2)[: len(secret)]

    def program(key_id: Callable[[], str], path: str, **host: str) -> Ask:
        return lambda: visitor.program(f"{kind}_{key_id()}_{wrong()}", path, **host)

    def wrong_keys(path: str, **host: str) -> tuple[Ask, Ask]:
        somebodys = program(lambda: prefix, path, **host)
        return somebodys, program(lambda: uuid4().hex[: len(prefix)], path, **host)

    return {
        "sign_in": (sign_in(known), sign_in(unknown)),
        "mail": (mail(known), mail(unknown)),
        "key": wrong_keys("/api/v1/me/", host="demo.localhost"),
        "key_on_loopback": wrong_keys("/api/v1/me/"),
        "key_of_models": wrong_keys("/v1/models", host="demo.localhost"),
        "workflow": (
            lambda: visitor.program(key, f"/api/v1/workflows/{foreign}/"),
            lambda: visitor.program(key, f"/api/v1/workflows/{uuid4()}/"),
        ),
    }


def compared(one: Ask, other: Ask, pairs: int) -> dict[str, Any]:
    """Ask both in turn; return medians in ms and the AUC."""
    took: tuple[list[float], list[float]] = ([], [])
    said = set()
    for _ in range(pairs):
        for which in random.sample((0, 1), 2):
            start = time.perf_counter()
            said.add((one, other)[which]())
            took[which].append((time.perf_counter() - start) * 1_000)
    if len(said) != 1 or said & {429, 500, 503}:
        raise SystemExit(f"The answers were {sorted(said)}.")
    medians = [round(statistics.median(each), 2) for each in took]
    return {"status": said.pop(), "p50_ms": medians, "auc": round(auc(*took), 3)}


def auc(one: list[float], other: list[float]) -> float:
    """Return the chance that one of the first is larger than one of the second (Mann-Whitney)."""
    ranked = sorted([(value, 1) for value in one] + [(value, 0) for value in other])
    ranks = sum(rank for rank, (_, mine) in enumerate(ranked, 1) if mine)
    return (ranks - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))


def main(pairs: int, names: list[str]) -> None:
    people = -(-pairs // TRIES_OF_ONE) if not names or {"sign_in", "mail"} & set(names) else 1
    settings = {"AUTERITY_TRUSTED_PROXIES": "1", "AUTERITY_API_CALLS_PER_MINUTE": "1000000"}
    with temporary_folder() as data, running(data, **settings) as product:
        script = WORLD.format(people=people)
        foreign, key = json.loads(product.command("shell", "--no-imports", "-v", "0", "-c", script))
        visitor = Visitor(product.port)
        visitor.open()
        asked = pairs_of(visitor, foreign, key, people)
        told = {name: compared(*asked[name], pairs) for name in names or asked}
    sys.stdout.write(f"{json.dumps({'pairs': pairs, **told})}\n")
    if any(abs(each["auc"] - 0.5) > MOST - 0.5 for each in told.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000, sys.argv[2:])
