"""`python -m bench.revoking [trials]`: how soon what was taken away opens nothing any more.

Starts a product of its own. In each trial a key is revoked, bound to networks elsewhere, its person
suspended, their role made smaller, or their company's directory says by SCIM that they left; then both
the API and the models at `/v1` are asked until they refuse, and a stream of a model that was open
must have ended. One line of JSON; more than five seconds is a failure.
"""

import http.cookiejar
import json
import re
import statistics
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from apps.local.temporary import temporary_folder
from bench import deprovisioning
from bench.deprovisioning import Command
from bench.models import models
from bench.product import running

GOAL_S, PATIENCE_S = 5.0, 15.0
MOST_PIECES = 30_000  # a minute's talk
REFUSED = (401, 403)
LINK = re.compile(r"builder\s+(http\S+/accounts/link/\S+)")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Site:
    """The demo workspace, asked by a key or by a browser's session."""

    port: int
    key: str = ""
    csrf: str = ""
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request; return status and answer."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        else:
            headers |= {"X-CSRFToken": self.csrf, "Referer": self.url("/")}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url(path), data, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        try:
            with opener.open(request, timeout=60) as answer:
                text = answer.read()
                return answer.status, json.loads(text or b"null")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def done(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that must succeed."""
        status, answer = self.ask(method, f"/api/v1/{path}", body)
        if status >= 300:
            raise SystemExit(f"{method} {path}: {status} {answer}")
        return answer

    def url(self, path: str) -> str:
        """Return the address of a path; on loopback pages are the demo workspace's."""
        return f"http://127.0.0.1:{self.port}{path}"

    def sign_in(self, link: str) -> None:
        """Use a one-time link as a browser does."""
        address = self.url(link[link.index("/accounts/") :])
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        with opener.open(address, timeout=60) as page:
            token = TOKEN.findall(page.read().decode())[0]
        form = f"csrfmiddlewaretoken={token}".encode()
        opener.open(urllib.request.Request(address, form, {"Referer": address}), timeout=60).close()
        self.csrf = str(self.done("GET", "session/")["csrf_token"])


@dataclass(frozen=True)
class Taking:
    """What is taken from whom, and how it is given back."""

    holder: Site
    take: Callable[[], object]
    undo: Callable[[], object] = bool


Way = Callable[[], Taking]


def made_key(owner: Site) -> tuple[str, Site]:
    """Make a program's key that may ask models; return its id and who holds it."""
    body = {"name": "Trial", "role": "operator", "for_program": True}
    made = owner.done("POST", "api-keys/", body)
    return made["id"], Site(owner.port, made["key"])


def revoked(owner: Site) -> Taking:
    """Revoke a key."""
    key_id, holder = made_key(owner)
    return Taking(holder, lambda: owner.done("DELETE", f"api-keys/{key_id}/"))


def bound_elsewhere(owner: Site) -> Taking:
    """Accept a key from elsewhere alone."""
    key_id, holder = made_key(owner)
    one = f"api-keys/{key_id}/"
    return Taking(
        holder,
        lambda: owner.done("PATCH", one, {"networks": ["203.0.113.7"]}),
        lambda: owner.done("DELETE", one),
    )


def suspended(owner: Site, member: str, holder: Site) -> Taking:
    """Suspend the person whose key it is."""
    return _changed(owner, member, holder, {"is_active": False}, {"is_active": True})


def made_smaller(owner: Site, member: str, holder: Site) -> Taking:
    """Give the person whose key it is a role that allows neither keys nor models."""
    return _changed(owner, member, holder, {"role": "viewer"}, {"role": "builder"})


def _changed(owner: Site, member: str, holder: Site, change: Any, back: Any) -> Taking:
    one = f"members/{member}/"
    return Taking(
        holder,
        lambda: owner.done("PATCH", one, change),
        lambda: owner.done("PATCH", one, back),
    )


def opens(holder: Site) -> dict[str, bool]:
    """Tell whether the API and the models answer the holder; a viewer may not list keys."""
    asked = {"api": "/api/v1/api-keys/", "models": "/v1/models"}
    return {name: holder.ask("GET", path)[0] not in REFUSED for name, path in asked.items()}


def check_open(holder: Site) -> None:
    """Wait until both doors are open: what opens them may take a moment as well."""
    end = time.monotonic() + PATIENCE_S
    while not all(opens(holder).values()):
        if time.monotonic() > end:
            raise SystemExit("A key that should open both doors does not.")


class Stream(threading.Thread):
    """A stream of a model that somebody listens to until it ends."""

    def __init__(self, holder: Site, model: str) -> None:
        """Ask, and return once its first words came."""
        super().__init__(daemon=True)
        self._connection = HTTPConnection("127.0.0.1", holder.port, timeout=60)
        body = {
            "model": model, "stream": True, "max_tokens": MOST_PIECES,
            "messages": [{"role": "user", "content": "Talk."}],
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {holder.key}", "Content-Type": "application/json"}
        self._connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        self._answer = self._connection.getresponse()
        while (line := self._answer.readline()) and b"word" not in line:
            pass
        self._over = 0.0
        self.start()

    def run(self) -> None:
        """Listen until it ends."""
        while self._answer.readline():
            pass
        self._over = time.monotonic()

    def ended_at(self) -> float:
        """Wait for its end and return when that was; infinite where it goes on."""
        self.join(PATIENCE_S)
        over = self._over or float("inf")
        self._connection.close()
        return over


def trial(way: Way, model: str = "") -> float:
    """Take something away and return the seconds until both doors were closed, and the stream ended."""
    taking = way()
    check_open(taking.holder)
    stream = Stream(taking.holder, model) if model else None
    begun = time.monotonic()
    taking.take()
    while any(opens(taking.holder).values()) and time.monotonic() - begun < PATIENCE_S:
        pass
    taken = time.monotonic() - begun
    if stream is not None:
        taken = max(taken, stream.ended_at() - begun)
    taking.undo()
    return taken


def measure(ways: list[Way], trials: int, model: str = "") -> dict[str, Any]:
    """Try all ways in turn, each with a stream of a model open where one is named; return the figures."""
    taken = sorted(trial(ways[number % len(ways)], model) for number in range(trials))
    return {
        "bench": "revoking",
        "trials": trials,
        "p50_s": round(statistics.median(taken), 3),
        "p99_s": round(taken[max(0, -(-len(taken) * 99 // 100) - 1)], 3),
        "max_s": round(taken[-1], 3),
        "late": sum(1 for each in taken if each > GOAL_S),
    }


def ways_of_keys(owner: Site) -> list[Way]:
    """Return what an owner does to keys."""
    return [lambda: revoked(owner), lambda: bound_elsewhere(owner)]


def ways_of_people(owner: Site, link: str) -> list[Way]:
    """Return what an owner does to a person, the builder whom the demo comes with."""
    page = Site(owner.port)
    page.sign_in(link)
    member = str(page.done("GET", "me/")["id"])
    text = page.done("POST", "api-keys/", {"name": "Own", "role": "builder"})["key"]
    holder = Site(owner.port, text)
    return [
        lambda: suspended(owner, member, holder),
        lambda: made_smaller(owner, member, holder),
    ]


def way_of_directory(port: int, command: Command, count: int) -> Way:
    """Return what a company's directory does: it says that somebody left, another one each time."""
    scim, people = deprovisioning.people(port, command, count)

    def way() -> Taking:
        person, key = people.pop()
        return Taking(Site(port, key), lambda: scim.leaves(person))

    return way


def made_talkative(owner: Site, origin: str) -> str:
    """Let a route lead to a model that talks for as long as it may; return its name."""
    provider = {
        "name": "Bench", "slug": "fake", "kind": "openai_compatible", "base_url": f"{origin}/v1",
        "credential": "sk-fake", "default_model": "bench",
    }  # fmt: skip
    owner.done("POST", "gateway/providers/", provider)
    targets = [{"provider": "fake", "model": "bench"}]
    owner.done("POST", "gateway/routes/", {"alias": "bench", "targets": targets})
    return "bench"


def main(trials: int) -> int:
    """Start a product and measure it; return 1 where anything came late."""
    with (
        models() as talks,
        temporary_folder() as data,
        running(data, AUTERITY_EGRESS_ALLOW=talks.origin) as product,
    ):
        words = ("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "bench")
        owner = Site(product.port, product.command(*words))
        link = LINK.findall((Path(data) / "bench.log").read_text())[0]
        model = made_talkative(owner, talks.origin)
        ways = ways_of_keys(owner) + ways_of_people(owner, link)
        ways.append(way_of_directory(product.port, product.command, -(-trials // (len(ways) + 1))))
        figures = measure(ways, trials, model)
    print(json.dumps(figures), flush=True)
    return int(figures["late"] > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
