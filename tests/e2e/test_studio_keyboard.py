"""The keyboard is never lost: whatever closes gives it back, and nothing takes it unasked."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.e2e.conftest import Demo, Visitor
from tests.e2e.studio import definition, make_workflow, open_studio, step

Visit = Callable[..., Visitor]
START, MENU = (
    f"document.querySelector('{each}').getBoundingClientRect()"
    for each in ('[data-id="start"]', "[role=menu]")
)


def greeting() -> dict[str, Any]:
    return definition(
        step("greet", "data.transform", title="Greet", fields=[{"name": "x", "value": "1"}]),
        step("answer", "core.respond", title="Answer", body="{{ prev.x }}"),
    )


def test_what_closes_gives_the_keyboard_back(demo: Demo, visit: Visit) -> None:
    workflow = make_workflow(demo, greeting(), publish=True)
    page = visit("builder").page
    open_studio(page, workflow)
    account = page.get_by_test_id("account")
    account.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Your profile")).to_be_focused()
    page.keyboard.press("Escape")
    expect(account).to_be_focused()

    name = page.get_by_role("button", name="In the studio")
    for key, kept in (("Escape", "In the studio"), ("Enter", "In the workshop")):
        name.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Name of the workflow")).to_be_focused()
        page.keyboard.type("In the workshop")
        page.keyboard.press(key)
        name = page.get_by_role("button", name=kept)
        expect(name).to_be_focused()

    canvas = page.get_by_role("application", name="Workflow canvas")
    canvas.focus()
    page.keyboard.press("a")
    expect(page.get_by_role("combobox", name="Step to add")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("combobox", name="Step to add")).to_have_count(0)
    expect(canvas).to_be_focused()
    page.keyboard.press("Control+k")
    commands = page.get_by_role("combobox", name="Command, step or step type")
    expect(commands).to_be_focused()
    page.keyboard.press("Control+k")
    expect(commands).to_have_count(0)
    expect(canvas).to_be_focused()


def test_the_settings_take_the_keyboard_only_when_asked(demo: Demo, visit: Visit) -> None:
    workflow = make_workflow(demo, greeting(), publish=True)
    page = visit("builder").page
    open_studio(page, workflow)
    canvas = page.get_by_role("application", name="Workflow canvas")
    canvas.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    title = page.get_by_test_id("step-title")
    expect(title).to_be_focused()
    title.fill("Salute")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("workflow-node").filter(has_text="Salute")).to_be_visible()
    expect(title).to_be_focused()
    page.get_by_test_id("rail-history").click()
    point = page.locator("[data-version='1'] .point-head")
    point.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("past-bar")).to_be_visible()
    expect(page.get_by_test_id("inspector")).to_be_visible()
    expect(point).to_be_focused()


def test_a_condition_is_written_by_the_keyboard_alone(demo: Demo, visit: Visit) -> None:
    workflow = make_workflow(demo, greeting())
    page = visit("builder").page
    open_studio(page, workflow)
    page.get_by_role("application", name="Workflow canvas").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_test_id("step-connections").focus()
    page.keyboard.press("Enter")
    page.get_by_test_id("connection").filter(has_text="To Answer").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Label")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("prev.x == 1")
    expect(page.locator(".edge-label")).to_have_text("when x is 1")
    page.get_by_test_id("edge-insert").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Step to add")).to_be_focused()
    page.keyboard.type("wait")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("workflow-node")).to_have_count(4)
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_test_id("selection-bar")).to_contain_text("2 selected")


def test_on_a_phone_what_closes_leads_back_to_the_outline(demo: Demo, visit: Visit) -> None:
    workflow = make_workflow(demo, greeting())
    page = visit("builder", width=390, height=844).page
    page.goto(f"/workflows/{workflow}/")
    row = page.locator("#outline-greet")
    row.click()
    page.get_by_role("button", name="Close the settings").press("Enter")
    expect(row).to_be_focused()
    more = page.get_by_role("button", name="More about Greet")
    more.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Connect with").press("Enter")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row).to_be_focused()


def test_on_a_phone_what_was_deleted_comes_back(demo: Demo, visit: Visit) -> None:
    workflow = make_workflow(demo, greeting())
    page = visit("builder", width=390, height=844).page
    page.goto(f"/workflows/{workflow}/")
    rows = page.get_by_test_id("outline-step")
    page.get_by_role("button", name="More about Greet").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(rows).to_have_count(2)
    page.get_by_test_id("outline-undo").click()
    expect(rows).to_have_count(3)


def test_the_menu_of_a_step_that_is_still_coming_leaves_it_in_sight(
    demo: Demo, visit: Visit
) -> None:
    page = visit("builder").page
    open_studio(page, make_workflow(demo, greeting()))
    canvas = page.get_by_role("application", name="Workflow canvas")
    canvas.hover(position={"x": 300, "y": 80})
    page.mouse.wheel(1_500, 0)
    page.wait_for_function(f"() => {START}.right < 0")
    canvas.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menu", name="Start")).to_be_visible()
    # It opens where the step will be: at rest they stand side by side.
    page.wait_for_function(
        f"() => {START}.left > 0 && {START}.right <= {MENU}.left && {MENU}.left < innerWidth - 100"
    )
