"""Requests about the credentials of a workspace."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api, of
from tests.isolation.world import World

VALUES = {"values": {"token": "a-token-of-a-test"}}
NEW = {"name": "New", "kind": "bearer", "hosts": ["api.invalid"], **VALUES}
FIELDS = {"name": "Newer", "hosts": "api.invalid", "token": "a-token-of-a-test"}
TRY = {"url": "https://elsewhere.invalid/", "method": "GET"}
OURS = {"credential_id": "stored_credential"}


def details(world: World) -> dict[str, object]:
    """Rename it where it lies."""
    return {"name": "Renamed", "hosts": "api.invalid", "folder": of(world, "folder")}


CREDENTIALS = [
    api("data-key", **NOBODYS),
    api("data-key", "POST", **NOBODYS),
    Probe("credentials:data_key", **NOBODYS),
    Probe("credentials:data_key", "POST", media=FORM, **NOBODYS),
    api("credential-list", **LIST),
    api("credential-list", query="q=canary&kind=bearer&state=active", note="some", **LIST),
    api("credential-list", "POST", body=NEW, **NOBODYS),
    api("credential-detail", pk="stored_credential"),
    api("credential-detail", "PATCH", pk="stored_credential", body={"description": "x"}),
    api("credential-detail", "DELETE", pk="spare_credential", shows=False),
    api("credential-rotate", "POST", pk="stored_credential", body=VALUES),
    api("credential-disable", "POST", pk="stored_credential"),
    api("credential-enable", "POST", pk="disabled_credential"),
    api("credential-kinds", **NOBODYS),
    Probe("api:credential-uses", args=OURS),
    Probe("api:credential-test", "POST", OURS, body=TRY),
    Probe("credentials:list", **LIST),
    Probe("credentials:choose", **NOBODYS),
    Probe("credentials:new", args={"kind": "basic"}, **NOBODYS),
    Probe("credentials:new", "POST", {"kind": "bearer"}, body=FIELDS, media=FORM, **NOBODYS),
    Probe("credentials:detail", args=OURS),
    Probe("credentials:detail", "POST", OURS, body=details, media=FORM, shows=False),
    Probe("credentials:rotate", args=OURS),
    Probe("credentials:rotate", "POST", OURS, body=FIELDS, media=FORM, shows=False),
    Probe("credentials:test", "POST", OURS, body=TRY, media=FORM),
    *(
        Probe("credentials:act", "POST", {"credential_id": which, "name": act}, media=FORM, note=act, shows=False)
        for act, which in (
            ("disable", "spare_credential"), ("enable", "disabled_credential"), ("delete", "spare_credential"),
        )
    ),
]  # fmt: skip
