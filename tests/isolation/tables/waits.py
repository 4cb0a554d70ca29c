"""Requests about signals, mails' links, notifications and the outbox."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api
from tests.isolation.world import World


def _signal(world: World) -> dict[str, object]:
    return {"name": "paid", "key": f"{world.canary}-inner order"}


def _link(method: str) -> Probe:
    """Return a request with the link of a mail, which leads whom it was sent to on."""
    body = {"decision": "approved"} if method == "POST" else None
    return Probe(
        "runs:by_mail", method, {"token": "decision_token"}, media=FORM, body=body,
        shows=False, elsewhere=410,
    )  # fmt: skip


WAITS = [
    api("signals", "POST", body=_signal),
    api("run-signal", "POST", pk="signalled_run", body=_signal),
    _link("GET"),
    _link("POST"),
    api("notification-list", **LIST),
    api("notification-read", "POST", pk="notification"),
    api("notification-read-all", "POST", **NOBODYS),
    Probe("notifications:list", elsewhere=None),
    Probe("notifications:read_all", "POST", **NOBODYS),
    Probe("notifications:open", "POST", {"notification_id": "notification"}, shows=False),
    Probe("notifications:preferences", **LIST),
    Probe("notifications:preferences", "POST", body={}, media=FORM, **NOBODYS),
    Probe("notifications:mails", **LIST),
    Probe("notifications:send_again", "POST", {"mail_id": "mail"}, shows=False),
]
