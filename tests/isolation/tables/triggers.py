"""Requests about triggers and their deliveries."""

from typing import Any

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api, of
from tests.isolation.world import World

REPLAY = {"trigger_id": "schedule_trigger", "pk": "delivery"}


def _schedule(world: World) -> dict[str, Any]:
    config = {"cron": "0 9 * * *", "inputs": {"who": "x"}}
    return {
        "name": "New",
        "kind": "schedule",
        "workflow": of(world, "workflow"),
        "config": config,
    }


def _webhook(world: World) -> dict[str, Any]:
    config = {"auth": {"kind": "hmac", "prefix": "sha256="}, "answer": "last"}
    return {**_schedule(world), "kind": "webhook", "config": config, "path": "new/hook"}


def _event(world: World) -> dict[str, Any]:
    config = {"events": ["run.failed"], "workflows": [of(world, "workflow")]}
    return {**_schedule(world), "kind": "event", "config": config}


def _new(world: World) -> dict[str, Any]:
    """Return what the form of a new schedule sends."""
    return {
        "name": "New",
        "workflow": of(world, "workflow"),
        "rule": "every",
        "every": "2",
        "unit": "3600",
        "time_zone": "UTC",
        "misfire": "once",
        "overlap": "skip",
        "inputs": '{"who": "x"}',
        "enabled": "on",
    }


def _act(name: str, target: str) -> Probe:
    args = {"trigger_id": target, "name": name}
    return Probe("triggers:act", "POST", args, media=FORM, note=name, shows=False)


TRIGGERS = [
    api("trigger-list", **LIST),
    api("trigger-list", query="q=canary&kind=webhook&state=active&workflow={workflow}", note="filtered", **LIST),
    api("trigger-list", "POST", body=_schedule, note="schedule", elsewhere=422),
    api("trigger-list", "POST", body=_webhook, note="webhook", elsewhere=422),
    api("trigger-list", "POST", body=_event, note="event", elsewhere=422),
    api("trigger-detail", pk="hook"),
    api("trigger-detail", "PATCH", pk="hook", body={"config": {"wait_s": 5}}),
    api("trigger-detail", "PATCH", pk="hook", body=lambda world: {"workflow": of(world, "workflow")}, note="workflow"),
    api("trigger-detail", "DELETE", pk="spare_trigger", shows=False),
    api("trigger-enable", "POST", pk="schedule_trigger"),
    api("trigger-disable", "POST", pk="schedule_trigger"),
    api("trigger-listen", "POST", pk="hook"),
    api("trigger-next-", pk="schedule_trigger", query="count=3", shows=False),
    Probe("api:trigger-deliveries", args={"trigger_id": "schedule_trigger"}, shows=False),
    Probe("api:trigger-replay", "POST", REPLAY, shows=False),
    Probe("triggers:list", **LIST),
    Probe("triggers:list", query="q=canary&kind=schedule&state=active", note="filtered", **LIST),
    Probe("triggers:preview", query="rule=cron&cron=0 9 * * *&time_zone=UTC", **NOBODYS),
    Probe("triggers:new", args={"kind": "event"}, **LIST),
    Probe("triggers:new", "POST", {"kind": "schedule"}, body=_new, media=FORM, elsewhere=422, shows=False),
    Probe("triggers:detail", args={"trigger_id": "schedule_trigger"}),
    Probe("triggers:detail", args={"trigger_id": "hook"}, note="webhook"),
    Probe("triggers:detail", args={"trigger_id": "event_trigger"}, note="event"),
    Probe("triggers:deliveries", args={"trigger_id": "schedule_trigger"}, shows=False),
    Probe("triggers:edit", args={"trigger_id": "hook"}),
    Probe("triggers:edit", "POST", {"trigger_id": "schedule_trigger"}, body=_new, media=FORM, shows=False),
    _act("disable", "schedule_trigger"),
    _act("enable", "schedule_trigger"),
    _act("listen", "hook"),
    _act("delete", "spare_trigger"),
    Probe(
        "triggers:replay", "POST", {"trigger_id": "schedule_trigger", "delivery_id": "delivery"}, media=FORM,
        shows=False,
    ),
]  # fmt: skip
