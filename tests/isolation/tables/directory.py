"""Requests about directories: their pages, and SCIM, which a token of the directory opens to anybody."""

from typing import Any

from tests.isolation.probe import FORM, NOBODYS, UPLOAD, Body, Probe
from tests.isolation.world import World

CONNECTION = {"connection_id": "connection"}
LIFE = {"life": "90"}
TOKEN = {"Authorization": "Bearer {scim_token}"}


def _scim(route: str, method: str = "GET", body: Body = None, **args: str) -> Probe:
    """Return a row of SCIM; in another workspace the token opens nothing."""
    shows = method != "DELETE" and route in {"users", "user", "groups", "group"}
    return Probe(
        f"scim:{route}", method, args, body=body, headers=TOKEN, elsewhere=401, shows=shows
    )


def _page(route: str, body: dict[str, str] | None = None, note: str = "", **args: str) -> Probe:
    return Probe(
        f"directory:{route}", "POST", {**CONNECTION, **args}, body=body or {}, media=FORM, note=note,
        shows=False,
    )  # fmt: skip


def _person(world: World) -> dict[str, Any]:
    return {"userName": f"new@{world.canary}.example"}


def _group(world: World) -> dict[str, Any]:
    return {"displayName": f"{world.canary} new"}


def _leaves(_world: World) -> dict[str, Any]:
    return {"Operations": [{"op": "replace", "path": "active", "value": "False"}]}


def _empties(_world: World) -> dict[str, Any]:
    return {"Operations": [{"op": "remove", "path": "members"}]}


def _import(route: str, **body: str) -> Probe:
    return Probe(
        f"directory:{route}",
        "POST",
        {"job_id": "people_import"},
        body=body,
        media=FORM,
        shows=False,
    )


def _file(world: World) -> bytes:
    """Return a form with an export of somebody."""
    line = f'{{"user_id": "1", "email": "ada@{world.canary}.example", "email_verified": true}}'
    named = 'Content-Disposition: form-data; name="file"; filename="users.json"'
    return f"--part\r\n{named}\r\n\r\n{line}\r\n--part--\r\n".encode()


PERSON, GROUP = {"person_id": "kept_person"}, {"group_id": "kept_group"}
DIRECTORY = [
    Probe("directory:overview", args=CONNECTION),
    Probe("directory:requests", args=CONNECTION),
    _page("make_token", LIFE),
    _page("revoke_token", token_id="directory_token"),
    _page("switch", None, "off", way="off"),
    _page("switch", None, "on", way="on"),
    _page("set_cap", {"role": "builder"}),
    _page("set_heir", {"heir": ""}),
    Probe("directory:setup", elsewhere=None),
    Probe("directory:setup", "POST", media=FORM, body=LIFE, **NOBODYS),
    Probe("directory:setup_requests", elsewhere=None),
    Probe(
        "directory:setup_revoke_token", "POST", {"token_id": "guest_token"}, media=FORM, body={}, **NOBODYS
    ),
    Probe("directory:imports", elsewhere=None),
    Probe("directory:imports", "POST", media=UPLOAD, body=_file, **NOBODYS),
    Probe("directory:import", args={"job_id": "people_import"}),
    _import("start_import", role="viewer"),
    _import("discard_import"),
    _scim("config"),
    _scim("resource_types"),
    _scim("resource_type", name="User"),
    _scim("schemas"),
    _scim("schema", urn="urn:ietf:params:scim:schemas:core:2.0:User"),
    _scim("users"),
    _scim("users", "POST", _person),
    _scim("user", **PERSON),
    _scim("user", "PUT", _person, **PERSON),
    _scim("user", "PATCH", _leaves, **PERSON),
    _scim("user", "DELETE", **PERSON),
    _scim("groups"),
    _scim("groups", "POST", _group),
    _scim("group", **GROUP),
    _scim("group", "PUT", _group, **GROUP),
    _scim("group", "PATCH", _empties, **GROUP),
    _scim("group", "DELETE", **GROUP),
]  # fmt: skip
