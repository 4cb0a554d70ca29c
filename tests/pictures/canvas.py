"""Scenes of one person at the canvas."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Page

from tests.e2e.studio import call, card, import_file, open_studio
from tests.pictures.camera import PHONE, Camera, scene
from tests.workflows.n8n_file import order_desk

SAMPLE = "Support ticket triage"
LONG, APART = 33, (320, 200)  # a chain of the thousand steps, and how far apart they stand


def made(camera: Camera, name: str, definition: dict[str, Any]) -> str:
    """Make a workflow and return its id."""
    body = {"name": name, "definition": definition}
    return str(call(camera.demo, "workflows/", body)["id"])


def sample(camera: Camera) -> str:
    """Return the id of the demo's first sample."""
    found = call(camera.demo, "workflows/?q=Support")["results"]
    return str(next(each["id"] for each in found if each["name"] == SAMPLE))


def sample_opened(camera: Camera, role: str = "builder") -> Page:
    """Open the sample as a whole."""
    page = camera.visit(role).page
    open_studio(page, sample(camera))
    fitted(page)
    return page


def fitted(page: Page) -> None:
    page.get_by_test_id("fit-view").click()
    page.mouse.move(640, 120)
    page.wait_for_timeout(400)


@scene
def empty(camera: Camera) -> None:
    nothing = {"schema": 1, "nodes": [], "edges": [], "settings": {}}
    page = camera.visit("builder").page
    open_studio(page, made(camera, "Refund requests", nothing))
    camera.take(page, "studio-empty")


@scene
def adding(camera: Camera) -> None:
    page = sample_opened(camera)
    page.get_by_test_id("rail-palette").click()
    page.get_by_test_id("drawer-palette").wait_for()
    camera.take(page, "studio-palette")
    page.get_by_test_id("rail-palette").click()
    card(page, "Find the details").click()
    page.get_by_test_id("canvas-ready").focus()
    page.keyboard.press("a")
    page.get_by_role("combobox", name="Step to add").wait_for()
    camera.take(page, "studio-picker")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator(".picker [role=combobox], [role=dialog] [role=combobox]").first.wait_for()
    camera.take(page, "studio-commands")
    page.keyboard.press("Escape")
    page.locator(".canvas-root").focus()
    page.keyboard.press("?")
    camera.take(page, "studio-keys")


@scene
def finding(camera: Camera) -> None:
    page = sample_opened(camera)
    page.get_by_test_id("rail-find").click()
    page.get_by_test_id("drawer-find").get_by_role("combobox").fill("refund")
    page.wait_for_timeout(400)
    camera.take(page, "studio-find")
    page.get_by_test_id("rail-find").click()
    card(page, "Draft an answer").click()
    page.get_by_test_id("tab-setup").click()
    camera.take(page, "studio-settings")
    page.locator(".canvas-root").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Shift+F10")
    page.get_by_role("menu").wait_for()
    camera.take(page, "studio-menu")


@scene
def imported(camera: Camera) -> None:
    page = camera.visit("builder").page
    with TemporaryDirectory() as folder:
        file = Path(folder) / "order-desk.json"
        file.write_text(json.dumps(order_desk()))
        import_file(page, file)
    page.locator("[data-testid=save-state][data-state=saved]").wait_for()
    page.get_by_test_id("rail-problems").click()
    page.get_by_test_id("problem").first.wait_for()
    camera.take(page, "studio-problems")
    page.get_by_test_id("rail-outline").click()
    page.get_by_test_id("outline-filter").fill("Imported from")
    page.get_by_test_id("outline-note").get_by_role("button").first.click()
    page.wait_for_timeout(500)
    camera.take(page, "studio-import-report")


@scene
def far(camera: Camera) -> None:
    page = camera.visit("builder").page
    open_studio(page, made(camera, "A thousand steps", thousand()))
    fitted(page)
    camera.take(page, "studio-far")


def thousand() -> dict[str, Any]:
    """Return many chains below one start."""
    kinds = {
        "ai.generate": "out",
        "data.transform": "out",
        "http.request": "out",
        "logic.if": "true",
    }
    nodes: list[dict[str, Any]] = [{"id": "start", "type": "core.start", "position": [0, 0]}]
    edges: list[dict[str, Any]] = []
    for number in range(999):
        row, column = divmod(number, LONG)
        place = [APART[0] * (column + 1), APART[1] * row]
        kind = list(kinds)[(row * 7 + column * 3) % len(kinds)]
        nodes.append(
            {"id": f"s{number}", "type": kind, "title": f"Step {number}", "position": place}
        )
        before = nodes[-2] if column else nodes[0]
        port = kinds.get(before["type"], "out")
        edges.append({"source": before["id"], "source_port": port, "target": f"s{number}"})
    return {"schema": 1, "nodes": nodes, "edges": edges, "settings": {}}


@scene
def phone(camera: Camera) -> None:
    page = camera.visit("builder", PHONE).page
    page.goto(f"/workflows/{sample(camera)}/")
    page.get_by_test_id("outline-step").first.wait_for()
    page.locator("[data-testid=save-state][data-state=saved]").wait_for(state="attached")
    camera.take(page, "studio-phone")
