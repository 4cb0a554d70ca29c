"""Scenes of several people, and of what stands between one and the draft."""

from playwright.sync_api import Page

from tests.e2e.studio import card, kept_here, open_studio
from tests.e2e.test_rights_lost import as_viewer, remove
from tests.e2e.test_runbook import FULL, PASTE
from tests.pictures.camera import Camera, scene
from tests.pictures.canvas import fitted, made
from tests.pictures.runs import quiet, reply

NAME = "Reply to a customer"


def both(camera: Camera, workflow: str) -> tuple[Page, Page]:
    """Open it as two people who see each other."""
    pages = camera.visit("builder").page, camera.visit("owner").page
    for page in pages:
        open_studio(page, workflow)
        fitted(page)
    for page in pages:
        page.get_by_test_id("person").wait_for()
    return pages


def offline(page: Page) -> None:
    page.context.set_offline(True)
    page.locator("[data-testid=save-state][data-state=offline]").wait_for()


def renamed(page: Page, old: str, new: str) -> None:
    card(page, old).click()
    page.get_by_test_id("step-title").fill(new)
    page.keyboard.press("Enter")


@scene
def together(camera: Camera) -> None:
    page, other = both(camera, made(camera, NAME, reply()))
    for each in (page, other):
        card(each, "Draft a reply").click()
        each.locator(".cm-content").first.wait_for()
    other.locator(".cm-content").first.click()
    other.keyboard.press("End")
    other.keyboard.type(" Name the order.")
    box = other.locator("[data-node-id=answer]").bounding_box()
    assert box
    other.mouse.move(box["x"] + 60, box["y"] + 120)
    other.mouse.move(box["x"] + 80, box["y"] + 130, steps=5)
    page.get_by_text("Name the order.").first.wait_for()
    camera.take(page, "studio-together")


@scene
def comments(camera: Camera) -> None:
    workflow = made(camera, NAME, reply())
    page, other = both(camera, workflow)
    other.locator("[data-node-id=order]").click()
    other.keyboard.press("Shift+C")
    say(other, "Should this be a POST?")
    page.locator("[data-testid=comment-pin][data-node=order]").click()
    say(page, "Yes. I will change it.")
    page.get_by_test_id("rail-comments").click()
    page.get_by_test_id("thread-row").wait_for()
    camera.take(page, "studio-comments")


def say(page: Page, text: str) -> None:
    page.get_by_test_id("composer").get_by_role("textbox").press_sequentially(text)
    page.keyboard.press("Control+Enter")
    page.get_by_test_id("comment").filter(has_text=text).first.wait_for()


@scene
def runbook(camera: Camera) -> None:
    workflow = made(camera, NAME, reply())
    page = camera.visit("owner").page
    open_studio(page, workflow)
    page.get_by_test_id("rail-runbook").click()
    text = page.get_by_test_id("runbook-text")
    text.click()
    text.evaluate(PASTE, {"text/plain": FULL})
    page.keyboard.press("Control+End")
    text.press_sequentially("/draft")
    page.get_by_test_id("slash-step-draft").first.click()
    page.locator("[data-testid=save-state][data-state=saved]").wait_for()
    camera.take(page, "runbook")


@scene
def viewer(camera: Camera) -> None:
    workflow = made(camera, NAME, reply())
    page = camera.visit("operator").page
    page.goto(f"/workflows/{workflow}/")
    page.get_by_text("View only").wait_for()
    card(page, "Draft a reply").click()
    camera.take(page, "studio-viewer")


def edited_offline(camera: Camera) -> tuple[str, Page]:
    """Change a workflow without a connection; return its id and the page."""
    workflow = made(camera, NAME, reply())
    page = camera.visit("builder").page
    open_studio(page, workflow)
    fitted(page)
    offline(page)
    renamed(page, "Draft a reply", "Draft a kind reply")
    return workflow, page


@scene
def away(camera: Camera) -> None:
    _, page = edited_offline(camera)
    quiet(page)
    camera.take(page, "studio-offline")
    kept_here(page)
    with as_viewer(camera.demo, key(camera), "Ben Builder"):
        page.context.set_offline(False)
        page.get_by_test_id("not-saved").wait_for()
        camera.take(page, "studio-not-saved")


@scene
def gone(camera: Camera) -> None:
    workflow, page = edited_offline(camera)
    kept_here(page)
    page.goto("about:blank")
    for purge in ("", "?purge=true"):
        remove(camera.demo, key(camera), f"workflows/{workflow}/{purge}")
    page.context.set_offline(False)
    page.goto(f"/workflows/{workflow}/")
    page.get_by_role("region", name="Edits of yours are still on this device").wait_for()
    camera.take(page, "studio-gone")


def key(camera: Camera) -> str:
    """Return an owner's key."""
    made_for = ("--tenant", "demo", "--role", "owner", "--name", "pictures")
    return camera.demo.command("create_api_key", *made_for)
