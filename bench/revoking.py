"""`python -m bench.revoking [trials]`: how soon what was taken away opens nothing any more.

Starts a product of its own. In each trial a key is revoked, bound to networks elsewhere, its person
suspended, or their role made smaller; then both the API and the models at `/v1` are asked until they
refuse. One line of JSON; more than five seconds is a failure.
"""

import http.cookiejar
import json
import re
import statistics
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.local.temporary import temporary_folder
from bench.product import running

GOAL_S, PATIENCE_S = 5.0, 15.0
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


Undo = Callable[[], object]
Way = Callable[[], tuple[Site, Undo]]


def made_key(owner: Site) -> tuple[str, Site]:
    """Make a program's key that may ask models; return its id and who holds it."""
    body = {"name": "Trial", "role": "operator", "for_program": True}
    made = owner.done("POST", "api-keys/", body)
    return made["id"], Site(owner.port, made["key"])


def revoked(owner: Site) -> tuple[Site, Undo]:
    """Revoke a key."""
    key_id, holder = made_key(owner)
    check_open(holder)
    owner.done("DELETE", f"api-keys/{key_id}/")
    return holder, lambda: None


def bound_elsewhere(owner: Site) -> tuple[Site, Undo]:
    """Accept a key from elsewhere alone."""
    key_id, holder = made_key(owner)
    check_open(holder)
    owner.done("PATCH", f"api-keys/{key_id}/", {"networks": ["203.0.113.7"]})
    return holder, lambda: owner.done("DELETE", f"api-keys/{key_id}/")


def suspended(owner: Site, member: str, holder: Site) -> tuple[Site, Undo]:
    """Suspend the person whose key it is."""
    check_open(holder)
    owner.done("PATCH", f"members/{member}/", {"is_active": False})
    return holder, lambda: owner.done("PATCH", f"members/{member}/", {"is_active": True})


def made_smaller(owner: Site, member: str, holder: Site) -> tuple[Site, Undo]:
    """Give the person whose key it is a role that allows neither keys nor models."""
    check_open(holder)
    owner.done("PATCH", f"members/{member}/", {"role": "viewer"})
    return holder, lambda: owner.done("PATCH", f"members/{member}/", {"role": "builder"})


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


def trial(way: Way) -> float:
    """Take something away and return the seconds until both doors were closed."""
    holder, undo = way()
    begun = time.monotonic()
    while any(opens(holder).values()) and time.monotonic() - begun < PATIENCE_S:
        pass
    taken = time.monotonic() - begun
    undo()
    return taken


def measure(ways: list[Way], trials: int) -> dict[str, Any]:
    """Try all ways in turn and return the figures."""
    taken = sorted(trial(ways[number % len(ways)]) for number in range(trials))
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


def main(trials: int) -> int:
    """Start a product and measure it; return 1 where anything came late."""
    with temporary_folder() as data, running(data) as product:
        words = ("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "bench")
        owner = Site(product.port, product.command(*words))
        link = LINK.findall((Path(data) / "bench.log").read_text())[0]
        figures = measure(ways_of_keys(owner) + ways_of_people(owner, link), trials)
    print(json.dumps(figures), flush=True)
    return int(figures["late"] > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
