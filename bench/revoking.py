"""`python -m bench.revoking [trials]`: how soon what was taken away opens nothing any more.

Starts a product of its own. In each trial a key is revoked, bound to networks elsewhere, its person
suspended, their role made smaller, or their company's directory says by SCIM that they left; then the
API and the models at `/v1` are asked until they refuse, and for a person a page of their browser and a
trigger that starts runs in their name as well. A stream of a model, a draft's room and, where that is
promised (ADR 62), a run that calls outside for them must have ended. One line of JSON with the longest
of each; more than five seconds is a failure.
"""

import http.cookiejar
import json
import statistics
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from apps.local.temporary import temporary_folder
from bench import deprovisioning
from bench.deprovisioning import Command, Person
from bench.graphs import chain
from bench.models import models
from bench.product import running
from bench.still_open import PATIENCE_S, Room, Stream, Watched, Work, works

GOAL_S = 5.0
REFUSED = (401, 403)


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

    def shows(self, path: str) -> bool:
        """Tell whether a page is shown; a stranger is led to the sign-in."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        try:
            with opener.open(self.url(path), timeout=60) as answer:
                return str(answer.url) == self.url(path)
        except urllib.error.HTTPError:
            return False

    def come_in(self, cookie: str) -> None:
        """Be the browser of a session."""
        self.jar.set_cookie(_cookie(*cookie.split("=", 1)))
        self.csrf = str(self.done("GET", "session/")["csrf_token"])


def _cookie(name: str, value: str) -> http.cookiejar.Cookie:
    return http.cookiejar.Cookie(
        0, name, value, None, False, "127.0.0.1", False, False, "/", True, False, None, True,
        None, None, {},
    )  # fmt: skip


@dataclass(frozen=True)
class Taking:
    """What is taken from whom; `browser` is a person's, for whom runs may start and work."""

    holder: Site
    take: Callable[[], object]
    browser: Site | None = None
    ends_work: bool = True  # whether runs for them are to call nothing more


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
    body = {"networks": ["203.0.113.7"]}
    return Taking(holder, lambda: owner.done("PATCH", f"api-keys/{key_id}/", body), ends_work=False)


def of_person(port: int, person: Person, take: Callable[[], object], **more: bool) -> Taking:
    """Return what is taken from a person, who has a key and a browser."""
    browser = Site(port)
    browser.come_in(person.cookie)
    return Taking(Site(port, person.key), take, browser, **more)


def suspended(owner: Site, person: Person) -> Taking:
    """Suspend a person."""
    one = f"members/{person.member}/"
    return of_person(owner.port, person, lambda: owner.done("PATCH", one, {"is_active": False}))


def made_smaller(owner: Site, person: Person) -> Taking:
    """Give a person a role that allows neither keys nor models; their run goes on to its end."""
    one = f"members/{person.member}/"
    take = lambda: owner.done("PATCH", one, {"role": "viewer"})  # noqa: E731
    return of_person(owner.port, person, take, ends_work=False)


@dataclass(frozen=True)
class Stage:
    """What the trials need of the workspace: a model that talks, and workflows."""

    owner: Site
    model: str
    started: str  # by triggers
    working: str

    def doors(self, taking: Taking) -> dict[str, Callable[[], bool]]:
        """Return by name what tells whether a door is open to whoever is taken something from."""
        holder, browser = taking.holder, taking.browser
        found: dict[str, Callable[[], bool]] = {
            "api": lambda: holder.ask("GET", "/api/v1/api-keys/")[0] not in REFUSED,
            "models": lambda: holder.ask("GET", "/v1/models")[0] not in REFUSED,
        }
        if browser is not None:
            path = self._trigger_of(browser)
            found["pages"] = lambda: browser.shows("/api-keys/")
            found["triggers"] = lambda: self.owner.ask("POST", path, {})[0] == 202
        return found

    def opened(self, taking: Taking) -> dict[str, Watched]:
        """Open what stays open, and let something work; each by its name."""
        asks = taking.browser or taking.holder
        ticket = asks.done("POST", f"workflows/{self.working}/ticket/")
        found: dict[str, Watched] = {
            "stream": Stream(self.owner.port, taking.holder.key, self.model),
            "room": Room(ticket["url"]),
        }
        if taking.ends_work:
            found["work"] = self._work_of(asks)
        return found

    def _trigger_of(self, browser: Site) -> str:
        path = uuid4().hex
        config = {"rate_per_minute": 100_000, "max_waiting": 250}
        body = {"name": path, "kind": "webhook", "workflow": self.started, "path": path}
        browser.done("POST", "triggers/", {**body, "config": config})
        return f"/hooks/{path}"

    def _work_of(self, asks: Site) -> Work:
        """Start a run: of the draft for a person, who vouches for it, else for the key."""
        body = {} if asks.key else {"version": "draft"}
        run = asks.done("POST", f"workflows/{self.working}/runs/", body)["id"]
        return Work(lambda: str(self.owner.done("GET", f"runs/{run}/")["status"]))


def check_open(doors: dict[str, Callable[[], bool]]) -> None:
    """Wait until all doors are open: what opens them may take a moment as well."""
    end = time.monotonic() + PATIENCE_S
    while shut := [name for name, is_open in doors.items() if not is_open()]:
        if time.monotonic() > end:
            raise SystemExit(f"Not open to who should come in: {', '.join(shut)}.")


def trial(way: Way, stage: Stage) -> dict[str, float]:
    """Take something away; return by name the seconds until each door was shut and each thing ended."""
    taking = way()
    doors = stage.doors(taking)
    check_open(doors)
    opened = stage.opened(taking)
    begun = time.monotonic()
    shut: dict[str, float] = {}
    taking.take()
    while len(shut) < len(doors) and time.monotonic() - begun < PATIENCE_S:
        for name in doors.keys() - shut.keys():
            if not doors[name]():
                shut[name] = time.monotonic() - begun
    late = dict.fromkeys(doors, PATIENCE_S)
    return late | shut | {name: each.ended_at() - begun for name, each in opened.items()}


def measure(ways: list[Way], trials: int, stage: Stage) -> dict[str, Any]:
    """Try all ways in turn; return the figures."""
    told = [trial(ways[number % len(ways)], stage) for number in range(trials)]
    taken = sorted(max(each.values()) for each in told)
    longest: dict[str, float] = {}
    for each in told:
        longest |= {name: max(longest.get(name, 0.0), took) for name, took in each.items()}
    return {
        "bench": "revoking",
        "trials": trials,
        "p50_s": round(statistics.median(taken), 3),
        "p99_s": round(taken[max(0, -(-len(taken) * 99 // 100) - 1)], 3),
        "max_s": round(taken[-1], 3),
        "longest_s": {name: round(took, 3) for name, took in sorted(longest.items())},
        "late": sum(1 for each in taken if each > GOAL_S),
    }


def ways_of_keys(owner: Site) -> list[Way]:
    """Return what an owner does to keys."""
    return [lambda: revoked(owner), lambda: bound_elsewhere(owner)]


def ways_of_people(owner: Site, command: Command, count: int) -> list[Way]:
    """Return what an owner does to people, to another one each time."""
    people = deprovisioning.members(command, 2 * count)
    return [lambda: suspended(owner, people.pop()), lambda: made_smaller(owner, people.pop())]


def way_of_directory(port: int, command: Command, count: int) -> Way:
    """Return what a company's directory does: it says that somebody left, another one each time."""
    scim, people = deprovisioning.people(port, command, count)

    def way() -> Taking:
        person = people.pop()
        return of_person(port, person, lambda: scim.leaves(person.in_directory))

    return way


def staged(owner: Site, origin: str) -> Stage:
    """Make what the trials need."""
    model = made_talkative(owner, origin)
    return Stage(owner, model, published(owner, chain(1)), published(owner, works(origin)))


def published(owner: Site, definition: dict[str, Any]) -> str:
    """Publish a workflow; return its id."""
    made = owner.done("POST", "workflows/", {"name": "Bench", "definition": definition})
    owner.done("POST", f"workflows/{made['id']}/publish/")
    return str(made["id"])


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
        each = -(-trials // 5)
        ways = ways_of_keys(owner) + ways_of_people(owner, product.command, each)
        ways.append(way_of_directory(product.port, product.command, each))
        figures = measure(ways, trials, staged(owner, talks.origin))
    print(json.dumps(figures), flush=True)
    return int(figures["late"] > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
