"""Workflows for the studio's browser tests, made as programs make them."""

import json
import urllib.request
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from tests.e2e.conftest import Demo

APART = 310


def step(node_id: str, type_: str, title: str = "", **config: Any) -> dict[str, Any]:
    """Return a step; its place follows from the order."""
    return {"id": node_id, "type": type_, "title": title, "config": config}


def definition(*steps: dict[str, Any]) -> dict[str, Any]:
    """Return a start, then the steps one after the other, and a note."""
    nodes = [step("start", "core.start", fields=[]), *steps]
    edges = [{"source": a["id"], "target": b["id"]} for a, b in pairwise(nodes)]
    placed = [{**node, "position": [APART * place, 0]} for place, node in enumerate(nodes)]
    note = {"id": "memo", "text": "## Read me\n\n- *this* first", "position": [0, 240]}
    return {"schema": 1, "nodes": placed, "edges": edges, "notes": [note], "settings": {}}


@cache
def _key(demo_port: int, command: Any) -> str:
    return str(command("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "tests"))


def call(demo: Demo, path: str, body: Any = None, method: str | None = None) -> Any:
    """Call the API of the demo workspace."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{demo.product.port}/api/v1/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {_key(demo.product.port, demo.command)}",
            "Content-Type": "application/json", "If-Match": "*",
        },
        method=method,
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=90) as answer:
        return json.load(answer)


def make_workflow(demo: Demo, wanted: dict[str, Any], *, publish: bool = False) -> str:
    """Make a workflow, perhaps with a first version; return its id."""
    made = call(demo, "workflows/", {"name": "In the studio", "definition": wanted})
    if publish:
        call(demo, f"workflows/{made['id']}/publish/", {"notes": "First"})
    return str(made["id"])


def open_studio(page: Page, workflow: str) -> None:
    """Open a workflow and wait until the canvas stands and edits are kept."""
    page.goto(f"/workflows/{workflow}/")
    page.get_by_test_id("canvas-ready").wait_for(state="attached")
    page.locator("[data-testid=save-state][data-state=saved]").wait_for()


def card(page: Page, title: str) -> Locator:
    """Find the step on the canvas whose card has this text."""
    return page.get_by_test_id("workflow-node").filter(has_text=title)


def import_file(page: Page, file: Path) -> None:
    """Bring in a file of another tool from the list of workflows, and wait for its canvas."""
    page.goto("/workflows/")
    page.locator("[popovertarget=new-menu]").click()
    page.locator("#new-menu [data-dialog=import-workflow]").click()
    page.locator("input[type=file]").set_input_files(file)
    page.locator("#import-workflow").get_by_role("button", name="Import").click()
    page.get_by_test_id("canvas-ready").wait_for(state="attached")


# Whoever asks a database of the browser is answered after what was written to it before.
WRITTEN = """async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith("auterity/")) continue;
    const database = await done(indexedDB.open(name));
    await done(database.transaction("updates").objectStore("updates").count());
    database.close();
  }
}"""


def kept_here(page: Page) -> None:
    """Wait until the browser has written down what was changed."""
    page.evaluate(WRITTEN)
