"""Requests about retention: rules, legal holds, deletions; the end of the workspace, and support."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api, of
from tests.isolation.world import World


def _hold(world: World) -> dict[str, object]:
    return {"workflow": of(world, "draft"), "reason": "x"}


def _address(world: World) -> dict[str, str]:
    return {"slug": world.tenant.slug}


ASKS = {"access_id": "asking_support"}
ENTRANCE = {"access_id": "inside_support", "token": "entrance"}
RETENTION = [
    api("retention", **NOBODYS),
    api("retention", "PATCH", body={"runs": 30, "audit": None}, **NOBODYS),
    api("retention-hold-list", **LIST),
    api("retention-hold-list", "POST", body=_hold),
    api("retention-hold-release", "POST", pk="hold"),
    api("retention-job-list", **NOBODYS),
    api("retention-job-list", "POST", **NOBODYS),
    api("retention-job-detail", pk="job", shows=False),
    Probe("retention:overview", elsewhere=None),
    Probe("retention:change_rules", "POST", media=FORM, body={"runs": "30", "audit": "400"}, **NOBODYS),
    Probe("retention:place_hold", "POST", media=FORM, body=_hold, elsewhere=422, shows=False),
    Probe("retention:release_hold", "POST", {"hold_id": "hold"}, media=FORM, shows=False),
    Probe("retention:start_job", "POST", media=FORM, **NOBODYS),
    Probe("retention:job", args={"job_id": "job"}, shows=False),
    Probe("operators:end", **NOBODYS),
    Probe("operators:end", "POST", media=FORM, body=_address, elsewhere=422, shows=False),
    Probe("operators:keep", "POST", media=FORM, **NOBODYS),
    Probe("operators:support", **LIST),
    Probe("operators:approve", "POST", ASKS, media=FORM, body={"role": "viewer"}, shows=False),
    Probe("operators:refuse", "POST", ASKS, media=FORM, shows=False),
    Probe("operators:withdraw", "POST", {"access_id": "inside_support"}, media=FORM, shows=False),
    Probe("operators:enter", args=ENTRANCE, elsewhere=410, shows=False),
    Probe("operators:enter", "POST", ENTRANCE, media=FORM, elsewhere=410, shows=False),
]  # fmt: skip
