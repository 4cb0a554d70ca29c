"""Publishing in the studio: whose changes go out, and the review that it needs in some folders."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Demo, Visitor
from tests.e2e.studio import call, definition, make_workflow, open_studio, step

Visit = Callable[..., Visitor]


def _sum(demo: Demo, *, publish: bool) -> str:
    steps = [
        step(name.lower(), "data.transform", title=name, fields=[{"name": "x", "value": "1"}])
        for name in ("One", "Two")
    ]
    return make_workflow(demo, definition(*steps), publish=publish)


def _rename(page: Page, old: str, new: str) -> None:
    page.get_by_test_id("workflow-node").filter(has_text=old).click()
    page.get_by_test_id("step-title").fill(new)
    page.keyboard.press("Enter")
    page.locator("[data-testid=save-state][data-state=saved]").wait_for()


def test_a_version_tells_whose_changes_it_lets_out(demo: Demo, visit: Visit) -> None:
    workflow = _sum(demo, publish=True)
    owner, builder = visit("owner"), visit("builder")
    for page, old, new in ((owner.page, "One", "First"), (builder.page, "Two", "Second")):
        open_studio(page, workflow)
        _rename(page, old, new)
    page = builder.page
    page.get_by_test_id("publish-button").click()
    shares = page.get_by_test_id("contribution")
    expect(shares).to_have_count(2)
    mine = shares.filter(has_text="Ben Builder")
    expect(mine).to_contain_text("You")
    expect(mine).to_contain_text("Second")
    expect(shares.filter(has_text="Olivia Owner")).to_contain_text("First")
    expect(page.get_by_role("dialog")).to_contain_text("Somebody else's changes go out")
    builder.shot("publish-by-author")
    assert not violations(page)
    shares.filter(has_text="Olivia Owner").get_by_role("button", name="First").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_test_id("step-title")).to_have_value("First")

    page.get_by_test_id("publish-button").click()
    page.get_by_test_id("publish-confirm").click()
    expect(page.get_by_test_id("success-message")).to_contain_text("Version 2 is published")
    page.get_by_role("button", name="Done").click()
    page.get_by_test_id("publish-button").click()
    expect(page.get_by_role("dialog")).to_contain_text("Nothing has changed since version 2")
    expect(page.get_by_test_id("publish-confirm")).to_be_disabled()
    expect(page.get_by_test_id("publish-notes")).to_have_count(0)
    expect(page.get_by_test_id("version")).to_have_text("v2")


def test_the_first_version_is_all_new(demo: Demo, visit: Visit) -> None:
    page = visit("builder").page
    open_studio(page, _sum(demo, publish=False))
    page.get_by_test_id("publish-button").click()
    expect(page.get_by_test_id("contribution")).to_contain_text("Through the API")
    expect(page.get_by_role("dialog")).to_contain_text("everything is new")
    expect(page.get_by_test_id("publish-confirm")).to_have_text("Publish version 1")


def test_a_review_is_asked_for_given_and_used_up(demo: Demo, visit: Visit) -> None:
    folder = call(demo, "folders/", {"name": "Reviewed"})["id"]
    call(demo, "review-rules/", {"folder": folder, "approvals": 1})
    workflow = _sum(demo, publish=False)
    call(demo, f"workflows/{workflow}/", {"folder": folder}, method="PATCH")
    page, reviewer = visit("builder").page, visit("owner").page
    open_studio(page, workflow)
    _rename(page, "One", "First")
    page.get_by_test_id("publish-button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 approval needed")
    expect(page.get_by_test_id("publish-confirm")).to_have_count(0)
    page.get_by_test_id("publish-notes").fill("Only names changed.")
    page.get_by_test_id("review-request").click()
    expect(dialog).to_contain_text("Ben Builder has asked for a review: 0 of 1 so far")
    expect(page.get_by_test_id("review-request")).to_have_text("Ask again")

    reviewer.goto(str(dialog.get_by_role("link", name="Open the review").get_attribute("href")))
    expect(reviewer.get_by_text("Only names changed.")).to_be_visible()
    reviewer.get_by_role("button", name="Approve").click()
    expect(dialog).to_contain_text("Olivia Owner approves")
    expect(dialog).to_contain_text("approved as it is now")
    page.get_by_test_id("publish-confirm").click()
    expect(page.get_by_test_id("success-message")).to_contain_text("Version 1 is published")

    _after_the_approval(page)


def _after_the_approval(page: Page) -> None:
    """What is changed after an approval needs one of its own."""
    page.get_by_role("button", name="Done").click()
    _rename(page, "Two", "Second")
    page.get_by_test_id("publish-button").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 approval needed")
    expect(page.get_by_test_id("review-request")).to_be_visible()
