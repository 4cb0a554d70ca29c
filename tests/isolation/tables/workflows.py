"""Requests about workflows, their drafts, versions and folders."""

import json
from typing import Any

from tests.factories.pictures import png
from tests.isolation.probe import ANY_REVISION, FORM, LIST, NOBODYS, OCTETS, UPLOAD, Probe, api, of
from tests.isolation.world import World
from tests.workflows.definitions import greeting

PREVIEW = {"text": "{{ input.who }}", "values": {"input": {"who": "world"}}}
POINT = {"pk": "workflow", "point_id": "point"}
DIFFERENT = {"definition": {**greeting(), "nodes": greeting()["nodes"][:1], "edges": []}}
PNG = png()


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


WORKFLOWS = [
    api("workflow-list", **LIST),
    api("workflow-list", query="q=canary&state=archived", note="archived", **LIST),
    api("workflow-list", query="folder={folder}", note="of a folder", elsewhere=422),
    api("workflow-list", "POST", body={"name": "New", "definition": greeting()}, **NOBODYS),
    api("workflow-list", "POST", body=_in_folder, note="into a folder", elsewhere=422, shows=False),
    api("workflow-detail", pk="workflow"),
    api("workflow-detail", "PATCH", pk="workflow", body={"tags": ["x"]}, headers=ANY_REVISION),
    api(
        "workflow-detail", "PATCH", pk="workflow", body=DIFFERENT, headers=ANY_REVISION, note="definition"
    ),
    api("workflow-detail", "DELETE", pk="workflow", shows=False),
    api("workflow-detail", "DELETE", pk="binned", query="purge=true", note="purge", shows=False),
    api("workflow-import-", "POST", body={"name": "New", "definition": greeting()}, **NOBODYS),
    api("workflow-archive", "POST", pk="workflow"),
    api("workflow-unarchive", "POST", pk="archived"),
    api("workflow-restore", "POST", pk="binned"),
    api("workflow-duplicate", "POST", pk="workflow"),
    api("workflow-layout", "POST", pk="workflow"),
    api("workflow-publish", "POST", pk="draft", body={"notes": "x"}, shows=False),
    api("workflow-export", pk="workflow"),
    api("workflow-diff", pk="workflow", query="from=1&to=draft", shows=False),
    api("workflow-validate", "POST", pk="workflow", body={"definition": greeting()}, shows=False),
    api("workflow-validate", "POST", pk="workflow", body={}, note="draft", shows=False),
    api("workflow-updates", pk="workflow", media=OCTETS),
    api("workflow-updates", "POST", pk="workflow", body=_update, media=OCTETS),
    api("workflow-changes", pk="workflow", shows=False),
    api("workflow-ticket", "POST", pk="workflow", shows=False),
    api("workflow-history", pk="workflow"),
    api("workflow-history", pk="workflow", query="kind=named&q=canary&author={owner}", note="filtered"),
    api("workflow-history-authors", pk="workflow"),
    api("workflow-history", "POST", pk="workflow", body={"name": "Now"}, shows=False),
    Probe("api:workflow-point", args=POINT),
    Probe("api:workflow-point", "PATCH", POINT, body={"name": "Then"}, shows=False),
    Probe("api:workflow-point-diff", args=POINT, query="with=now", shows=False),
    Probe("api:workflow-point-restore", "POST", POINT, body={}),
    Probe("api:workflow-point-restore", "POST", POINT, body={"node": "greet"}, note="a step"),
    api("workflow-contributions", pk="workflow", shows=False),
    api("workflow-versions", pk="workflow"),
    api("workflow-version", pk="workflow", number=1),
    api("workflow-version-restore", "POST", pk="workflow", number=1),
    api("expression-check", "POST", body={"text": "{{ input.who }}"}, **NOBODYS),
    api(
        "expression-check", "POST", note="in a workflow", shows=False,
        body=lambda world: {"text": "{{ prev }}", "workflow": of(world, "workflow"), "node": "greet"},
    ),
    api("workflow-runbook", pk="workflow"),
    api("workflow-images", "POST", pk="workflow", body=PNG, media="image/png", shows=False, asks_storage=True),
    Probe("api:workflow-image", args={"pk": "workflow", "image_id": "image"}, asks_storage=True),
    api("workflow-pins", pk="workflow"),
    Probe(
        "api:workflow-pin", "PUT", {"pk": "workflow", "node": "greet"}, body={"output": {"text": "Hi"}}, shows=False
    ),
    Probe("api:workflow-pin", "DELETE", {"pk": "workflow", "node": "greet"}, shows=False),
    api("workflow-data-sets", pk="workflow"),
    api("workflow-data-sets", "POST", pk="workflow", body={"name": "New", "inputs": {"who": "Ada"}}, shows=False),
    Probe(
        "api:workflow-data-set", "PATCH", {"pk": "workflow", "set_id": "data_set"}, body={"compares": True}
    ),
    Probe("api:workflow-data-set", "DELETE", {"pk": "workflow", "set_id": "data_set"}, shows=False),
    api("workflow-preview", "POST", pk="workflow", body=PREVIEW, shows=False),
    api("definition-schema", **NOBODYS),
    api("folder-list", **LIST),
    api("folder-list", "POST", body={"name": "New"}, **NOBODYS),
    api(
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
    Probe("workflows:export", args={"workflow_id": "workflow"}),
    Probe("workflows:studio", args={"workflow_id": "workflow"}),
    Probe("workflows:runbook", args={"workflow_id": "workflow"}),
    Probe("workflows:runbook_file", args={"workflow_id": "workflow"}),
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
