"""Scenes of runs, versions and what publishing asks."""

from typing import Any

from playwright.sync_api import Page

from tests.e2e.studio import call, card, definition, open_studio, step
from tests.pictures.camera import PHONE, Camera, scene
from tests.pictures.canvas import fitted, made, sample, sample_opened

LONG_MS = 300_000


def run(page: Page, status: str) -> None:
    """Start a test run and wait until it stands like that."""
    page.get_by_test_id("run-button").click()
    page.get_by_test_id("run-start").click()
    stands(page, status)


def stands(page: Page, status: str) -> None:
    wanted = f"[data-testid=run-status][data-status={status}]"
    page.locator(wanted).wait_for(timeout=LONG_MS)
    page.wait_for_timeout(400)


def quiet(page: Page) -> None:
    """Take the toast away, which would lie over the picture."""
    for toast in page.locator(".toast button[aria-label]").all():
        toast.click()


@scene
def running(camera: Camera) -> None:
    page = sample_opened(camera)
    page.get_by_test_id("run-button").click()
    page.get_by_test_id("run-form").wait_for()
    camera.take(page, "studio-run-dialog")
    page.get_by_test_id("run-start").click()
    stands(page, "waiting")
    card(page, "Approve the refund").click()
    page.get_by_test_id("tab-input").click()
    quiet(page)
    camera.take(page, "studio-run")
    approvals = camera.visit("operator").page
    approvals.goto("/approvals/")
    camera.take(approvals, "approvals")
    approvals.get_by_role("button", name="Approve", exact=True).click()
    stands(page, "succeeded")
    card(page, "Find the details").click()
    page.get_by_test_id("tab-output").click()
    quiet(page)
    camera.take(page, "studio")
    page.get_by_test_id("replay").click()
    page.get_by_test_id("replay-range").press("Home")
    for _ in range(9):
        page.get_by_test_id("replay-range").press("ArrowRight")
    camera.take(page, "studio-replay")
    page.get_by_test_id("replay-leave").click()
    newest = call(camera.demo, f"workflows/{sample(camera)}/runs/")["results"][0]["id"]
    page.goto(f"/runs/{newest}/")
    camera.take(page, "run")
    phone = camera.visit("builder", PHONE).page
    phone.goto(f"/workflows/{sample(camera)}/")
    phone.get_by_test_id("run-status").wait_for()
    camera.take(phone, "studio-phone-run")


def reply() -> dict[str, Any]:
    """Return a workflow whose call fails: nobody answers at its address."""
    return definition(
        step(
            "order",
            "http.request",
            "Look up the order",
            method="GET",
            url="https://orders.invalid/17",
        ),
        step("draft", "ai.generate", "Draft a reply", prompt="Answer kindly: {{ input.message }}"),
        step("answer", "core.respond", "Answer", body="{{ nodes.draft.output.text }}"),
    )


@scene
def failing(camera: Camera) -> None:
    page = camera.visit("builder").page
    open_studio(page, made(camera, "Reply to a customer", reply()))
    fitted(page)
    run(page, "failed")
    card(page, "Look up the order").click()
    page.get_by_test_id("tab-output").click()
    quiet(page)
    camera.take(page, "studio-failed")
