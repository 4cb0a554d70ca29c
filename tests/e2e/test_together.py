"""Two people with the same workflow open: nothing that either edits is lost."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visitor

SOON_MS = 20_000


def opened(visitor: Visitor) -> Page:
    page = visitor.page
    page.goto("/workflows/")
    page.get_by_role("link", name="Lead scoring").first.click()
    page.get_by_test_id("canvas-ready").wait_for(state="attached")
    return page


def add(page: Page, type_name: str) -> None:
    page.get_by_test_id("rail-palette").click()
    page.get_by_test_id(f"palette-{type_name}").click()
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def test_edits_of_two_people_meet(visit: Callable[..., Visitor]) -> None:
    first, second = opened(visit("builder")), opened(visit("owner"))
    before = first.get_by_test_id("workflow-node").count()
    add(first, "flow.wait")
    add(second, "http.request")
    for page in (first, second):
        steps = page.get_by_test_id("workflow-node")
        expect(steps).to_have_count(before + 2, timeout=SOON_MS)
        page.reload()
        expect(steps).to_have_count(before + 2, timeout=SOON_MS)
