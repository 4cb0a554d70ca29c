"""Requests about runs, their steps and events, and about approvals."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api
from tests.isolation.world import World


def _page(name: str, run: str, **rest: object) -> Probe:
    """Return what a button of a run's page sends."""
    return Probe(f"runs:{name}", "POST", {"run_id": run}, media=FORM, shows=False, **rest)  # type: ignore[arg-type]  # a row's own fields


def _inputs(world: World) -> dict[str, object]:
    return {"inputs": {"who": f"{world.canary}-inner somebody"}}


def _named(world: World) -> dict[str, object]:
    return {"action": "cancel", "ids": [world.objects["asking_run"]]}


VIEW = {"name": "other", "filters": {"status": "failed"}}

RUNS = [
    api("workflow-runs", pk="workflow"),
    api("workflow-usual", pk="workflow", shows=False),
    api("workflow-runs", "POST", pk="workflow", body=_inputs, shows=False),
    api("run-list", **LIST),
    api("run-list", query="workflow={workflow}&status=succeeded", note="of a workflow", **LIST),
    api("run-detail", pk="run"),
    api("run-nodes", pk="run"),
    Probe("api:run-node-value", args={"pk": "run", "node": "start", "name": "output"}),
    Probe("api:run-node-value", args={"pk": "run", "node": "start", "name": "input"}, shows=False, note="input"),
    api("run-events", pk="run", shows=False),
    api("run-cancel", "POST", pk="asking_run"),
    api("run-pause", "POST", pk="asking_run"),
    api("run-resume", "POST", pk="paused_run"),
    api("run-retry", "POST", pk="run", body={"from_node": "greet"}),
    api("run-rerun", "POST", pk="run", body={"mode": "only", "node": "greet"}),
    api("run-terminate", "POST", pk="asking_run"),
    api("run-attention", "POST", pk="unsure_run", body={"choice": "again"}),
    api("run-move", "POST", pk="asking_run", body={"version": 2, "dry_run": True}),
    api("run-bulk", "POST", body=_named, **NOBODYS),
    api("run-view-list", **LIST),
    api("run-view-list", "POST", body=VIEW, **NOBODYS),
    api("run-view-detail", pk="own_view"),
    api("run-view-detail", pk="shared_view", note="a shared one"),
    api("run-view-detail", "PATCH", pk="own_view", body={"name": "other"}, shows=False),
    api("run-view-detail", "PATCH", pk="shared_view", body={"name": "other"}, shows=False, note="a shared one"),
    api("run-view-detail", "DELETE", pk="own_view", shows=False),
    api("run-view-detail", "DELETE", pk="shared_view", shows=False, note="a shared one"),
    api("approval-list", **LIST),
    api("approval-detail", pk="approval"),
    api("approval-decide", "POST", pk="approval", body={"decision": "approved", "comment": "x"}),
    Probe("runs:list", elsewhere=None),
    Probe("runs:list", query="workflow={workflow}", note="of a workflow", **NOBODYS),
    Probe("runs:newer", query="than={workflow}", **NOBODYS),
    Probe("runs:views", query="status=failed", **NOBODYS),
    Probe("runs:views", "POST", query="status=paused", body={"name": "other", "replaces": "new"}, media=FORM, **NOBODYS),
    Probe("runs:view", args={"view_id": "own_view"}, shows=False),
    Probe("runs:view", args={"view_id": "shared_view"}, shows=False, note="a shared one"),
    Probe("runs:view", "POST", {"view_id": "own_view"}, body={"name": "other"}, media=FORM, shows=False),
    Probe(
        "runs:view", "POST", {"view_id": "shared_view"}, body={"name": "other", "is_shared": "on"},
        media=FORM, shows=False, note="a shared one",
    ),
    Probe("runs:delete_view", "POST", {"view_id": "own_view"}, media=FORM, shows=False),
    Probe("runs:delete_view", "POST", {"view_id": "shared_view"}, media=FORM, shows=False, note="a shared one"),
    Probe("runs:detail", args={"run_id": "run"}),
    Probe("runs:row", args={"run_id": "run"}),
    _page("cancel", "asking_run"),
    _page("pause", "asking_run"),
    _page("resume", "paused_run"),
    _page("retry", "run", body={"from_node": "greet"}),
    _page("again", "run"),
    _page("terminate", "asking_run"),
    _page("rerun", "run", body={"mode": "only", "node": "greet"}),
    _page("settle", "unsure_run", body={"choice": "again"}),
    Probe("runs:move", args={"run_id": "asking_run", "version": 2}),
    Probe("runs:move", "POST", {"run_id": "asking_run", "version": 2}, media=FORM, shows=False),
    Probe("runs:keep", "POST", {"run_id": "run"}, media=FORM, shows=False),
    Probe("runs:many", "POST", body=_named, media=FORM, **NOBODYS),
    Probe("runs:approvals", elsewhere=None),
    Probe("runs:approval", args={"wait_id": "approval"}),
    Probe(
        "runs:decide", "POST", {"wait_id": "approval"}, media=FORM, shows=False,
        body={"decision": "approved", "comment": "x"},
    ),
]  # fmt: skip
