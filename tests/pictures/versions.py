"""Scenes of versions: whose changes go out, the review that they need, and what was before."""

from typing import Any

from playwright.sync_api import Page

from tests.e2e.studio import call, definition, open_studio, step
from tests.pictures.camera import Camera, scene
from tests.pictures.canvas import fitted, made
from tests.pictures.runs import LONG_MS, quiet, reply
from tests.pictures.together import NAME, renamed

SAVED = "[data-testid=save-state][data-state=saved]"


def published(camera: Camera) -> str:
    """Make a workflow that has a first version."""
    workflow = made(camera, NAME, reply())
    call(camera.demo, f"workflows/{workflow}/publish/", {"notes": "The first."})
    return workflow


def changed(page: Page, workflow: str, old: str, new: str) -> None:
    open_studio(page, workflow)
    fitted(page)
    renamed(page, old, new)
    page.locator(SAVED).wait_for()


def asked_to_publish(page: Page) -> None:
    page.get_by_test_id("publish-button").click()
    page.get_by_test_id("contribution").first.wait_for()


@scene
def publishing(camera: Camera) -> None:
    workflow = published(camera)
    changed(camera.visit("owner").page, workflow, "Look up the order", "Find the order")
    page = camera.visit("builder").page
    changed(page, workflow, "Draft a reply", "Draft a kind reply")
    asked_to_publish(page)
    camera.take(page, "studio-publishing")


@scene
def reviewing(camera: Camera) -> None:
    workflow = published(camera)
    call(camera.demo, f"workflows/{workflow}/", {"folder": reviewed_folder(camera)}, method="PATCH")
    page = camera.visit("builder").page
    changed(page, workflow, "Draft a reply", "Draft a kind reply")
    asked_to_publish(page)
    page.get_by_test_id("publish-notes").fill("Customers found it cold.")
    page.get_by_test_id("review-request").click()
    link = page.get_by_role("dialog").get_by_role("link", name="Open the review")
    link.wait_for()
    camera.take(page, "studio-review-asked")
    reviewer = camera.visit("owner").page
    reviewer.goto(str(link.get_attribute("href")))
    reviewer.get_by_role("button", name="Approve").wait_for()
    camera.take(reviewer, "review")


def reviewed_folder(camera: Camera) -> str:
    """Make a folder whose workflows need an approval."""
    folder = call(camera.demo, "folders/", {"name": "With review"})["id"]
    call(camera.demo, "review-rules/", {"folder": folder, "approvals": 1})
    return str(folder)


@scene
def history(camera: Camera) -> None:
    workflow = published(camera)
    page = camera.visit("builder").page
    changed(page, workflow, "Draft a reply", "Draft a kind reply")
    page.get_by_test_id("rail-history").click()
    page.locator("[data-version='1'] .point-head").click()
    page.get_by_test_id("past-bar").wait_for()
    fitted(page)
    camera.take(page, "studio-history")


def priced() -> dict[str, Any]:
    """Return a workflow that tells what an order costs."""
    total = {"name": "total", "value": "{{ input.pieces * input.price }}"}
    return definition(
        step("sum", "data.transform", "Add it up", fields=[total]),
        step("answer", "core.respond", "Answer", body="{{ nodes.sum.output.total }} dollars"),
    )


@scene
def testing(camera: Camera) -> None:
    workflow = made(camera, "What an order costs", priced())
    for name, pieces, expected in (("One piece", 1, "9.5 dollars"), ("A dozen", 12, "100 dollars")):
        inputs = {"pieces": pieces, "price": 9.5}
        body = {"name": name, "inputs": inputs, "compares": True, "expected": expected}
        call(camera.demo, f"workflows/{workflow}/data-sets/", body)
    page = camera.visit("builder").page
    open_studio(page, workflow)
    page.get_by_test_id("rail-tests").click()
    page.get_by_test_id("run-all").click()
    fitted(page)
    for verdict in ("passed", "differs"):
        page.locator(f"[data-verdict={verdict}]").wait_for(timeout=LONG_MS)
    quiet(page)
    camera.take(page, "studio-test-data")
