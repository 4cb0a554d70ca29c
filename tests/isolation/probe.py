"""A row of the table of requests: what it asks, and what others are told who ask the same."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from tests.isolation.world import World

Body = Any | Callable[[World], Any]
SITE = "auterity.urls"
JSON, FORM, OCTETS = (
    "application/json",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
)


@dataclass(frozen=True)
class Probe:
    """A request that succeeds for the owner of the workspace that its objects belong to.

    `args` name objects of the world (`world.py`); what is no object's name stands for itself.
    """

    route: str
    method: str = "GET"
    args: Mapping[str, Any] = field(default_factory=dict)
    query: str = ""
    body: Body = None
    media: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    # What another workspace's owner is told; None: nothing of ours is named, they get their own.
    elsewhere: int | None = 404
    # Whether the owner's answer holds the canary; what never does cannot leak it.
    shows: bool = True
    # The file storage is never asked inside of a transaction: what such a request changes stays.
    asks_storage: bool = False

    def __str__(self) -> str:
        return " ".join(part for part in (self.method, self.route, self.note) if part)

    def path(self, world: World) -> str:
        """Return the address that names this world's objects."""
        if self.route.startswith("healthz/"):
            return f"/{self.route}"
        named = {key: world.objects.get(str(value), value) for key, value in self.args.items()}
        query = self.query.format(**world.objects)
        return reverse(self.route, kwargs=named, urlconf=SITE) + (f"?{query}" if query else "")

    def sent(self, world: World) -> dict[str, str]:
        """Return the headers; texts in braces stand for this world's objects."""
        return {name: value.format(**world.objects) for name, value in self.headers.items()}

    def content(self, world: World) -> bytes:
        """Return the body."""
        body = self.body(world) if callable(self.body) else self.body
        if body is None:
            return b""
        if isinstance(body, bytes):
            return body
        if self.media == FORM:
            return urlencode(body).encode()
        return json.dumps(body).encode()


def of(world: World, name: str) -> str:
    """Return the id of one of the world's objects."""
    return world.objects[name]


def api(route: str, method: str = "GET", **rest: Any) -> Probe:
    """Return a row of the API; these names are parts of its address."""
    parts = ("pk", "number", "comment_id", "user_id", "right_id")
    names = [key for key in parts if key in rest]
    args: dict[str, Any] = {key: rest.pop(key) for key in names}
    return Probe(f"api:{route}", method, args, **rest)


NOBODYS: dict[str, Any] = {"elsewhere": None, "shows": False}
LIST: dict[str, Any] = {"elsewhere": None}
ANY_REVISION = {"If-Match": "*"}
UPLOAD = "multipart/form-data; boundary=part"
