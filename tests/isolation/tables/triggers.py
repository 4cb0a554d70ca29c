"""Requests about triggers and their deliveries."""

from typing import Any

from tests.isolation.probe import LIST, Probe, api, of
from tests.isolation.world import World

REPLAY = {"trigger_id": "schedule", "pk": "delivery"}


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
    api("trigger-enable", "POST", pk="schedule"),
    api("trigger-disable", "POST", pk="schedule"),
    api("trigger-listen", "POST", pk="hook"),
    api("trigger-next-", pk="schedule", query="count=3", shows=False),
    Probe("api:trigger-deliveries", args={"trigger_id": "schedule"}, shows=False),
    Probe("api:trigger-replay", "POST", REPLAY, shows=False),
]  # fmt: skip
