"""The history in the studio: looking at what was, naming it, going back, and who may."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Demo, Visitor
from tests.e2e.studio import call, definition, make_workflow, open_studio, step

Visit = Callable[..., Visitor]


def _published(demo: Demo) -> str:
    return make_workflow(
        demo,
        definition(
            step("one", "data.transform", title="One", fields=[{"name": "x", "value": "1"}]),
            step("two", "data.transform", title="Two", fields=[{"name": "x", "value": "2"}]),
        ),
        publish=True,
    )


def _rename(page: Page, old: str, new: str) -> None:
    page.get_by_test_id("workflow-node").filter(has_text=old).click()
    page.get_by_test_id("step-title").fill(new)
    page.keyboard.press("Enter")
    page.locator("[data-testid=save-state][data-state=saved]").wait_for()


def _titles(demo: Demo, workflow: str) -> list[str]:
    nodes = call(demo, f"workflows/{workflow}/")["definition"]["nodes"]
    return sorted(node["title"] for node in nodes if node["title"])


def test_what_was_is_shown_named_and_gone_back_to(demo: Demo, visit: Visit) -> None:
    workflow = _published(demo)
    visitor = visit("builder")
    page = visitor.page
    open_studio(page, workflow)
    _rename(page, "One", "First")
    page.get_by_test_id("rail-history").click()
    newest = page.get_by_test_id("history-point").first
    expect(newest).to_contain_text("Ben Builder")
    expect(newest).to_contain_text("Changed First: title")

    page.get_by_test_id("name-now").click()
    page.get_by_test_id("point-name").fill("Before the second")
    page.get_by_test_id("point-name-save").click()
    expect(newest).to_contain_text("Before the second")
    page.get_by_test_id("history-kind").select_option("named")
    expect(page.get_by_test_id("history-point")).to_have_count(1)
    page.get_by_test_id("history-kind").select_option("")
    page.get_by_test_id("history-author").select_option(label="Ben Builder")
    expect(page.get_by_test_id("history-point")).to_have_count(1)
    page.get_by_test_id("history-author").select_option("")

    page.locator("[data-version='1'] .point-head").click()
    cards = page.get_by_test_id("workflow-node")
    expect(cards.filter(has_text="One")).to_contain_text("Changed since")
    expect(page.get_by_test_id("past-bar")).to_contain_text("1 changed")
    expect(page.get_by_test_id("step-title")).to_have_attribute("readonly", "")
    visitor.shot("history")
    page.get_by_test_id("past-restore").click()
    page.get_by_test_id("restore-confirm").click()
    page.get_by_test_id("restore-undo").wait_for()
    expect(cards.filter(has_text="One")).to_be_visible()
    assert _titles(demo, workflow) == ["One", "Two"]
    page.locator(".canvas-root").press("Control+z")
    expect(cards.filter(has_text="First")).to_be_visible()
    page.get_by_test_id("restore-undo").wait_for(state="detached")
    assert _titles(demo, workflow) == ["First", "Two"]


def test_the_keyboard_goes_through_the_history(demo: Demo, visit: Visit) -> None:
    workflow = _published(demo)
    page = visit("builder").page
    open_studio(page, workflow)
    _rename(page, "Two", "Second")
    page.get_by_test_id("rail-history").click()
    heads = page.locator(".point-head")
    heads.first.focus()
    page.keyboard.press("ArrowDown")
    expect(heads.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("past-bar")).to_contain_text("Version 1")
    slider = page.get_by_test_id("past-range")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("Changed Second: title"))
    expect(page.get_by_test_id("past-bar")).to_contain_text("nothing differs")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("past-bar")).to_have_count(0)


def test_others_go_on_while_somebody_looks_back(demo: Demo, visit: Visit) -> None:
    workflow = _published(demo)
    ben, olivia = visit("builder").page, visit("owner").page
    open_studio(ben, workflow)
    open_studio(olivia, workflow)
    ben.get_by_test_id("rail-history").click()
    ben.locator("[data-version='1'] .point-head").click()
    expect(ben.get_by_test_id("past-bar")).to_contain_text("nothing differs")
    _rename(olivia, "One", "Uno")
    expect(ben.get_by_test_id("past-bar")).to_contain_text("1 changed")
    expect(ben.get_by_test_id("workflow-node").filter(has_text="Uno")).to_have_count(0)
    ben.get_by_test_id("past-close").click()
    expect(ben.get_by_test_id("workflow-node").filter(has_text="Uno")).to_be_visible()


def test_who_may_not_edit_looks_only(demo: Demo, visit: Visit) -> None:
    workflow = _published(demo)
    page = visit("operator", width=390, height=844).page
    page.goto(f"/workflows/{workflow}/")
    page.get_by_test_id("rail-history").click()
    page.locator("[data-version='1'] .point-head").click()
    expect(page.get_by_test_id("history-panel")).to_contain_text("needs the right to edit")
    for edit in ("point-restore", "point-rename", "name-now"):
        expect(page.get_by_test_id(edit)).to_have_count(0)
    page.get_by_role("button", name="See it").click()
    expect(page.get_by_test_id("past-bar")).to_contain_text("Version 1")
    assert not violations(page)
