"""One good request, or more, for every route and method of a workspace's site.

The isolation walk, the authorisation matrix and the API's contract test all read this table; each
fails for a route that has no row here. `args` name objects of the world (`world.py`); what is no
object's name stands for itself.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from tests.factories.routes import Route, routes
from tests.isolation.world import World
from tests.workflows.definitions import greeting

Body = Any | Callable[[World], Any]
SITE = "auterity.urls"
JSON, FORM, OCTETS = (
    "application/json",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
)


@dataclass(frozen=True)
class Probe:
    """A request that succeeds for the owner of the workspace that its objects belong to."""

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

    def __str__(self) -> str:
        return " ".join(part for part in (self.method, self.route, self.note) if part)

    def path(self, world: World) -> str:
        """Return the address that names this world's objects."""
        if self.route.startswith("healthz/"):
            return f"/{self.route}"
        named = {key: world.objects.get(str(value), value) for key, value in self.args.items()}
        query = self.query.format(**world.objects)
        return reverse(self.route, kwargs=named, urlconf=SITE) + (f"?{query}" if query else "")

    def content(self, world: World) -> bytes:
        """Return the body."""
        body = self.body(world) if callable(self.body) else self.body
        if body is None:
            return b""
        if isinstance(body, bytes):
            return body
        if self.media == FORM:
            from urllib.parse import urlencode

            return urlencode(body).encode()
        return json.dumps(body).encode()


def of(world: World, name: str) -> str:
    """Return the id of one of the world's objects."""
    return world.objects[name]


def walked() -> list[Route]:
    """Return the routes that the table must hold: ours, and the API's description."""
    return [route for route in routes(SITE) if route.ours or route.name == "api:schema"]


def _api(route: str, method: str = "GET", **rest: Any) -> Probe:
    names = [key for key in ("pk", "number") if key in rest]
    args: dict[str, Any] = {key: rest.pop(key) for key in names}
    return Probe(f"api:{route}", method, args, **rest)


NOBODYS: dict[str, Any] = {"elsewhere": None, "shows": False}
LIST: dict[str, Any] = {"elsewhere": None}
ANY_REVISION = {"If-Match": "*"}
DIFFERENT = {"definition": {**greeting(), "nodes": greeting()["nodes"][:1], "edges": []}}
UPLOAD = "multipart/form-data; boundary=part"


def _file(content: bytes) -> bytes:
    head = b'--part\r\nContent-Disposition: form-data; name="file"; filename="w.json"\r\n\r\n'
    return head + content + b"\r\n--part--\r\n"


def _in_folder(world: World) -> dict[str, str]:
    return {"name": "New", "folder": of(world, "folder")}


def _update(world: World) -> bytes:
    """Return an edit of the draft as an editor's document makes it."""
    from pycrdt import Doc, Map

    doc: Any = Doc()
    doc["workflow"] = Map({"name": "Edited"})
    return bytes(doc.get_update())


PEOPLE = [
    _api("me", shows=True, elsewhere=None),
    _api("member-list", **LIST),
    _api("member-list", query="limit=1", note="paged", **LIST),
    _api("member-detail", pk="colleague"),
    _api("member-detail", "PATCH", pk="colleague", body={"role": "operator"}),
    _api("member-detail", "DELETE", pk="colleague", shows=False),
    _api("invitation-list", **LIST),
    _api(
        "invitation-list", "POST", body={"email": "new@example.com", "role": "viewer"}, elsewhere=None
    ),
    _api("invitation-detail", "DELETE", pk="invitation", shows=False),
    _api("role-list", **NOBODYS),
    _api("api-key-list", **LIST),
    _api("api-key-list", "POST", body={"name": "New", "role": "viewer"}, **NOBODYS),
    _api("api-key-detail", "DELETE", pk="key", shows=False),
    Probe("accounts:members", elsewhere=None),
    Probe(
        "accounts:invite", "POST", body={"email": "new@example.com", "role": "viewer"}, media=FORM, **NOBODYS
    ),
    *(
        Probe(
            "accounts:change_member", "POST", {"user_id": "colleague", "action": action},
            body={"role": "operator"}, media=FORM, note=action, shows=False,
        )
        for action in ("role", "suspend", "resume", "remove")
    ),
    *(
        Probe(
            "accounts:change_invitation", "POST", {"invitation_id": "invitation", "action": action},
            media=FORM, note=action, shows=False,
        )
        for action in ("resend", "revoke")
    ),
    Probe("accounts:accept", args={"token": "invitation_token"}, elsewhere=410),
    Probe(
        "accounts:accept", "POST", {"token": "invitation_token"}, media=FORM, shows=False,
        body={"name": "New person", "password": "correct horse 7"}, elsewhere=410,
    ),
    Probe("accounts:api_keys", elsewhere=None),
    Probe(
        "accounts:create_key", "POST", media=FORM, elsewhere=None,
        body={"name": "New", "role": "viewer", "life": "30"},
    ),
    Probe("accounts:revoke_key", "POST", {"key_id": "key"}, media=FORM, shows=False),
    Probe("accounts:profile", elsewhere=None),
    Probe(
        "accounts:profile", "POST", media=FORM, body={"name": "Me", "time_zone": "UTC", "locale": "en"},
        **NOBODYS,
    ),
    Probe("accounts:link", args={"uid": "link_uid", "token": "link_token"}, elsewhere=410),
    Probe(
        "accounts:link", "POST", {"uid": "link_uid", "token": "link_token"}, media=FORM, shows=False, elsewhere=410
    ),
]  # fmt: skip

WORKFLOWS = [
    _api("workflow-list", **LIST),
    _api("workflow-list", query="q=canary&state=archived", note="archived", **LIST),
    _api("workflow-list", query="folder={folder}", note="of a folder", elsewhere=422),
    _api("workflow-list", "POST", body={"name": "New", "definition": greeting()}, **NOBODYS),
    _api("workflow-list", "POST", body=_in_folder, note="into a folder", elsewhere=422, shows=False),
    _api("workflow-detail", pk="workflow"),
    _api("workflow-detail", "PATCH", pk="workflow", body={"tags": ["x"]}, headers=ANY_REVISION),
    _api(
        "workflow-detail", "PATCH", pk="workflow", body=DIFFERENT, headers=ANY_REVISION, note="definition"
    ),
    _api("workflow-detail", "DELETE", pk="workflow", shows=False),
    _api("workflow-detail", "DELETE", pk="binned", query="purge=true", note="purge", shows=False),
    _api("workflow-import-", "POST", body={"name": "New", "definition": greeting()}, **NOBODYS),
    _api("workflow-archive", "POST", pk="workflow"),
    _api("workflow-unarchive", "POST", pk="archived"),
    _api("workflow-restore", "POST", pk="binned"),
    _api("workflow-duplicate", "POST", pk="workflow"),
    _api("workflow-layout", "POST", pk="workflow"),
    _api("workflow-publish", "POST", pk="draft", body={"notes": "x"}, shows=False),
    _api("workflow-export", pk="workflow"),
    _api("workflow-diff", pk="workflow", query="from=1&to=draft", shows=False),
    _api("workflow-validate", "POST", pk="workflow", body={"definition": greeting()}, shows=False),
    _api("workflow-validate", "POST", pk="workflow", body={}, note="draft", shows=False),
    _api("workflow-updates", pk="workflow", media=OCTETS),
    _api("workflow-updates", "POST", pk="workflow", body=_update, media=OCTETS),
    _api("workflow-versions", pk="workflow"),
    _api("workflow-version", pk="workflow", number=1),
    _api("workflow-version-restore", "POST", pk="workflow", number=1),
    _api("expression-check", "POST", body={"text": "{{ input.who }}"}, **NOBODYS),
    _api(
        "expression-check", "POST", note="in a workflow", shows=False,
        body=lambda world: {"text": "{{ prev }}", "workflow": of(world, "workflow"), "node": "greet"},
    ),
    _api("definition-schema", **NOBODYS),
    _api("folder-list", **LIST),
    _api("folder-list", "POST", body={"name": "New"}, **NOBODYS),
    _api(
        "folder-list", "POST", note="below another", elsewhere=422, shows=False,
        body=lambda world: {"name": "New", "parent": of(world, "folder")},
    ),
    Probe("workflows:list", elsewhere=None),
    Probe("workflows:list", query="folder={folder}", note="of a folder", elsewhere=422),
    Probe("workflows:create", "POST", body={"name": "New"}, media=FORM, **NOBODYS),
    Probe("workflows:create", "POST", body=_in_folder, media=FORM, note="into a folder", elsewhere=422, shows=False),
    Probe(
        "workflows:import", "POST", body=_file(json.dumps({"definition": greeting()}).encode()), media=UPLOAD,
        **NOBODYS,
    ),
    Probe("workflows:studio", args={"workflow_id": "workflow"}),
    Probe(
        "workflows:details", "POST", {"workflow_id": "workflow"}, body={"tags": "a, b"}, media=FORM, shows=False
    ),
    *(
        Probe(
            "workflows:act", "POST", {"workflow_id": target, "name": action}, media=FORM, note=action, shows=False
        )
        for action, target in (
            ("archive", "workflow"), ("unarchive", "archived"), ("duplicate", "workflow"),
            ("delete", "workflow"), ("restore", "binned"), ("purge", "binned"),
        )
    ),
]  # fmt: skip

OTHERS = [
    Probe("dashboard:home", **NOBODYS),
    Probe("dashboard:theme", "POST", body={"theme": "dark"}, media=FORM, **NOBODYS),
    Probe("onboarding:arrive", args={"signed": "arrival"}, elsewhere=302, shows=False),
    Probe("healthz/live", **NOBODYS),
    Probe("healthz/ready", **NOBODYS),
    _api("schema", **NOBODYS),
    _api("node-types", **NOBODYS),
]

PROBES: list[Probe] = [*PEOPLE, *WORKFLOWS, *OTHERS]
