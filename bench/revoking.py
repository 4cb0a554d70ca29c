"""`python -m bench.revoking [trials]`: how soon what was taken away opens nothing any more.

Starts a product of its own. In each trial a key is revoked, bound to networks elsewhere, its person
suspended, their role made smaller, or their company's directory says by SCIM that they left. From
then on the API and the models at `/v1` are asked until they refuse, and for a person a page of their
browser and a webhook in their name as well. What was open must have ended: a stream of a model, a
draft's room, the socket of their pages; so must a run that calls outside for them, and a schedule in
their name that is due must start nothing. What rightly goes on is named with each way (`keeps`).

Each trial has a key and a session of its own, and one more key looks at runs and schedules, so that
nobody sends more than a key may. One line of JSON: all of it, and each door; more than five seconds
is a failure.
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
from bench.models import models
from bench.product import running
from bench.still_open import (
    DUE_S,
    PATIENCE_S,
    Call,
    Schedule,
    Socket,
    Stream,
    Watched,
    Work,
    due_soon,
    quick,
    works,
)

GOAL_S = 5.0
PAUSE_S = 0.02  # between two rounds of asking
REFUSED, TOO_OFTEN = (401, 403), 429


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
            if error.code == TOO_OFTEN:  # it would tell nothing of what is open
                raise SystemExit(f"{method} {path}: more was sent than a key may") from error
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

    def socket(self, path: str, first: str = "") -> Socket:
        """Open a socket as a page of this browser does."""
        cookies = "; ".join(f"{each.name}={each.value}" for each in self.jar)
        headers = {"Origin": self.url(""), "Cookie": cookies}
        return Socket(self.url(path).replace("http", "ws", 1), headers, first)

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
    keeps: tuple[str, ...] = ()  # what rightly goes on


Way = Callable[[], Taking]


def made_key(owner: Site, role: str = "operator") -> tuple[str, Site]:
    """Make a program's key that may ask models; return its id and who holds it."""
    body = {"name": "Trial", "role": role, "for_program": True}
    made = owner.done("POST", "api-keys/", body)
    return made["id"], Site(owner.port, made["key"])


def revoked(owner: Site) -> Taking:
    """Revoke a key."""
    key_id, holder = made_key(owner)
    return Taking(holder, lambda: owner.done("DELETE", f"api-keys/{key_id}/"))


def bound_elsewhere(owner: Site) -> Taking:
    """Accept a key from elsewhere alone."""
    key_id, holder = made_key(owner)
    one, body = f"api-keys/{key_id}/", {"networks": ["203.0.113.7"]}
    return Taking(holder, lambda: owner.done("PATCH", one, body))


def of_person(port: int, person: Person, take: Callable[[], object], *keeps: str) -> Taking:
    """Return what is taken from a person, who has a key and a browser."""
    browser = Site(port)
    browser.come_in(person.cookie)
    return Taking(Site(port, person.key), take, browser, keeps)


def suspended(owner: Site, person: Person) -> Taking:
    """Suspend a person."""
    one = f"members/{person.member}/"
    return of_person(owner.port, person, lambda: owner.done("PATCH", one, {"is_active": False}))


def made_smaller(owner: Site, person: Person) -> Taking:
    """Give a person a role that allows neither keys, models nor runs; they stay a member, with pages."""
    one = f"members/{person.member}/"
    body = {"role": "viewer"}
    return of_person(owner.port, person, lambda: owner.done("PATCH", one, body), "live")


@dataclass(frozen=True)
class Stage:
    """What the trials need of the workspace: a model that talks, and workflows."""

    owner: Site
    model: str
    started: str  # by triggers
    drafted: str  # never published: its runs are vouched for by who starts them
    asked: tuple[str, str]  # published: its id, and the model that it answers as

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
        """Open what stays open, and let something work; each by its name, the schedule last."""
        looks = made_key(self.owner, "admin")[1]
        ways: dict[str, Callable[[], Watched]] = {
            "stream": lambda: Stream(self.owner.port, taking.holder.key, self.model),
        }
        if (browser := taking.browser) is None:
            ways["work"] = lambda: self._work_of_key(taking.holder, looks)
            ways["room"] = lambda: self._room_of(taking.holder)
        else:
            ways["work"] = lambda: self._work_of_person(browser, looks)
            ways["room"] = lambda: browser.socket(f"/ws/wf/{self.drafted}")
            ways["live"] = lambda: browser.socket("/ws/live", '{"type": "subscribe_counts"}')
            ways["schedules"] = lambda: self._schedule_of(browser, looks)
        return {name: way() for name, way in ways.items() if name not in taking.keeps}

    def _trigger_of(self, browser: Site) -> str:
        path = uuid4().hex
        config = {"rate_per_minute": 100_000, "max_waiting": 250}
        body = {"name": path, "kind": "webhook", "workflow": self.started, "path": path}
        browser.done("POST", "triggers/", {**body, "config": config})
        return f"/hooks/{path}"

    def _room_of(self, program: Site) -> Socket:
        return Socket(program.done("POST", f"workflows/{self.drafted}/ticket/")["url"], {})

    def _work_of_person(self, browser: Site, looks: Site) -> Work:
        body = {"version": "draft"}
        run = browser.done("POST", f"workflows/{self.drafted}/runs/", body)["id"]
        return Work(lambda: str(looks.done("GET", f"runs/{run}/")["status"]))

    def _work_of_key(self, program: Site, looks: Site) -> Work:
        """Ask the workflow as a model: such a run is the key's, as one that a key started is not."""
        workflow, model = self.asked
        before = [each["id"] for each in runs_of(looks, workflow)]

        def state() -> str:
            new = [each for each in runs_of(looks, workflow) if each["id"] not in before]
            return str(new[0]["status"]) if new else "not there"

        call = Call(program.port, program.key, model)
        return Work(state, call)

    def _schedule_of(self, browser: Site, looks: Site) -> Schedule:
        body = {"name": "Soon", "kind": "schedule", "workflow": self.started, "config": due_soon()}
        due = time.monotonic() + DUE_S
        made = browser.done("POST", "triggers/", body)["id"]
        return Schedule(lambda: str(looks.done("GET", f"triggers/{made}/")["state"]), due)


def runs_of(looks: Site, workflow: str) -> list[dict[str, Any]]:
    """Return the newest runs of a workflow."""
    found: list[dict[str, Any]] = looks.done("GET", f"workflows/{workflow}/runs/")["results"]
    return found


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
    taking.take()
    told = {name: each for name, each in opened.items() if not each.came_too_soon()}
    shut = shutting(doors, begun)
    ended = {name: each.ended_at() - begun for name, each in told.items()}
    for each in opened.values():
        each.give_up()
    return shut | ended


def shutting(doors: dict[str, Callable[[], bool]], begun: float) -> dict[str, float]:
    """Ask at all doors until each is shut; return when that was."""
    shut: dict[str, float] = {}
    while len(shut) < len(doors) and time.monotonic() - begun < PATIENCE_S:
        for name in doors.keys() - shut.keys():
            if not doors[name]():
                shut[name] = time.monotonic() - begun
        time.sleep(PAUSE_S)
    return dict.fromkeys(doors, PATIENCE_S) | shut


def measure(ways: list[Way], trials: int, stage: Stage) -> dict[str, Any]:
    """Try all ways in turn; return the figures of all, and of each door."""
    told = [trial(ways[number % len(ways)], stage) for number in range(trials)]
    taken = [max(each.values()) for each in told]
    doors = sorted({name for each in told for name in each})
    return {
        "bench": "revoking",
        **figures_of(taken),
        "late": sum(1 for each in taken if each > GOAL_S),
        "doors": {
            name: figures_of([each[name] for each in told if name in each]) for name in doors
        },
    }


def figures_of(taken: list[float]) -> dict[str, float]:
    """Return how many there are, and the middle, the hundredth and the longest of them."""
    ranked = sorted(taken)
    return {
        "trials": len(ranked),
        "p50_s": round(statistics.median(ranked), 3),
        "p99_s": round(ranked[max(0, -(-len(ranked) * 99 // 100) - 1)], 3),
        "max_s": round(ranked[-1], 3),
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
    started, asked = workflow_of(owner, quick()), workflow_of(owner, works(origin))
    for each in (started, asked):
        owner.done("POST", f"workflows/{each}/publish/")
    slug = owner.done("GET", f"workflows/{asked}/")["slug"]
    return Stage(
        owner, made_talkative(owner, origin), started, drafted=workflow_of(owner, works(origin)),
        asked=(asked, f"workflow/{slug}"),
    )  # fmt: skip


def workflow_of(owner: Site, definition: dict[str, Any]) -> str:
    """Make a workflow; return its id."""
    return str(owner.done("POST", "workflows/", {"name": "Bench", "definition": definition})["id"])


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
