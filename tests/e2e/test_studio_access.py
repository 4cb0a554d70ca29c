"""The studio for everybody: axe over its states, the keyboard alone, a phone."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Demo, Visitor
from tests.e2e.studio import definition, make_workflow, open_studio, step

Visit = Callable[..., Visitor]
LONG_MS = 60_000
ENDED = (
    "[data-testid=run-status][data-status=succeeded], [data-testid=run-status][data-status=failed]"
)


def _states(page: Page) -> Iterator[str]:
    """Bring the studio into each of its states."""
    yield "as it opens"
    page.get_by_test_id("run-button").click()
    yield "run dialog"
    page.get_by_test_id("run-start").click()
    page.wait_for_selector(ENDED, timeout=LONG_MS)
    page.get_by_test_id("workflow-node").filter(has_text="Greet").click()
    for tab in ("setup", "input", "output", "runs"):
        page.get_by_test_id(f"tab-{tab}").click()
        yield f"tab {tab}"
    page.get_by_test_id("tab-output").click()
    page.get_by_test_id("pin-output").click()
    page.get_by_test_id("pinned-json").wait_for()
    yield "a pinned output"
    for drawer in ("palette", "outline", "find", "problems", "tests", "settings", "history"):
        page.get_by_test_id(f"rail-{drawer}").click()
        page.get_by_test_id(f"drawer-{drawer}").wait_for()
        yield drawer
    page.locator("[data-version='1'] .point-head").click()
    page.get_by_test_id("history-panel").get_by_text("Nothing differs").wait_for()
    yield "a version instead of the draft"
    page.get_by_test_id("past-way-over").click()
    yield "a version over the draft"
    page.get_by_test_id("past-close").click()
    page.get_by_test_id("name-now").click()
    yield "naming the draft"
    page.get_by_test_id("rail-history").click()
    page.get_by_test_id("run-panel-toggle").click()
    yield "run panel"
    page.get_by_test_id("run-panel-toggle").click()
    page.get_by_test_id("replay").click()
    page.get_by_test_id("replay-range").wait_for()
    yield "replay"
    page.get_by_test_id("replay-leave").click()
    page.get_by_test_id("workflow-note").click()
    yield "a note"
    yield from _over_the_canvas(page)
    for keys, name in (
        ("Control+a", "several selected"),
        ("Shift+F10", "menu"),
        ("Control+k", "commands"),
        ("?", "keys"),
    ):
        page.locator(".canvas-root").focus()
        page.keyboard.press(keys)
        yield name
        page.keyboard.press("Escape")


def _over_the_canvas(page: Page) -> Iterator[str]:
    """Open what is opened from the canvas: settings, lists to choose from, the dialog of publishing."""
    canvas = page.get_by_role("application", name="Workflow canvas")
    greet = page.get_by_test_id("workflow-node").filter(has_text="Greet")
    greet.click()
    page.get_by_test_id("tab-setup").click()
    page.get_by_test_id("step-connections").click()
    page.get_by_test_id("connection").first.click()
    page.get_by_label("Only when").wait_for()
    yield "settings of a connection"
    for key, name in (("a", "picker"), ("c", "connector"), ("m", "mover")):
        greet.click()
        canvas.focus()
        page.keyboard.press(key)
        page.locator(".picker [role=combobox]").wait_for()
        yield name
        page.keyboard.press("Escape")
    page.get_by_test_id("rail-outline").click()
    page.get_by_label("Select Greet").check()
    page.get_by_label("Select Note: Read me").check()
    page.get_by_test_id("outline-selected").wait_for()
    yield "several ticked in the outline"
    page.get_by_role("button", name="Do with them").click()
    yield "what is done with several"
    page.keyboard.press("Escape")
    page.get_by_test_id("rail-outline").click()
    page.get_by_test_id("publish-button").click()
    page.get_by_role("dialog").wait_for()
    yield "publish dialog"
    page.keyboard.press("Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(demo: Demo, visit: Visit, scheme: str) -> None:
    workflow = make_workflow(
        demo,
        definition(
            step("greet", "data.transform", title="Greet", fields=[{"name": "x", "value": "1"}])
        ),
        publish=True,
    )
    page = visit("builder").page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of the two words
    open_studio(page, workflow)
    found = {state: bad for state in _states(page) if (bad := violations(page))}
    assert not found


def test_the_keyboard_alone_builds_connects_runs_and_undoes(demo: Demo, visit: Visit) -> None:
    workflow = make_workflow(demo, definition())
    page = visit("builder").page
    open_studio(page, workflow)
    canvas = page.get_by_role("application", name="Workflow canvas")
    steps = page.get_by_test_id("workflow-node")
    for _ in range(30):
        if canvas.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(canvas).to_be_focused()

    def add(words: str, count: int) -> None:
        page.keyboard.press("a")
        expect(page.get_by_role("combobox", name="Step to add")).to_be_focused()
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        expect(steps).to_have_count(count)
        expect(canvas).to_be_focused()

    page.keyboard.press("Home")
    add("transform", 2)
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    page.keyboard.press("Escape")
    add("respond", 3)
    edges = page.locator(".react-flow__edge")
    before = edges.count()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("c")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("respond")
    page.keyboard.press("Enter")
    expect(edges).to_have_count(before + 1)

    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("run-form")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("run-status")).to_have_attribute(
        "data-status", "succeeded", timeout=LONG_MS
    )
    expect(page.get_by_test_id("live-region")).to_contain_text("Run finished")
    canvas.focus()
    for _ in range(3):
        page.keyboard.press("Control+z")
    expect(steps).to_have_count(1)
    page.keyboard.press("Control+y")
    expect(steps).to_have_count(2)


def test_on_a_phone_the_outline_edits_and_the_run_is_seen(demo: Demo, visit: Visit) -> None:
    workflow = make_workflow(
        demo,
        definition(
            step("greet", "data.transform", title="Greet", fields=[{"name": "x", "value": "1"}])
        ),
    )
    visitor = visit("builder", width=390, height=844)
    page = visitor.page
    page.goto(f"/workflows/{workflow}/")
    outline = page.get_by_test_id("outline")
    expect(outline).to_be_visible()
    page.get_by_role("button", name="More about Greet").click()
    page.get_by_role("menuitem", name="Add a step after").click()
    expect(page.get_by_role("combobox", name="Step to add")).to_be_focused()
    page.keyboard.type("respond")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("outline-step")).to_have_count(3)
    visitor.shot("studio-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not violations(page)
    page.get_by_test_id("run-button").click()
    page.get_by_test_id("run-start").click()
    expect(page.get_by_test_id("run-status")).to_have_attribute(
        "data-status", "succeeded", timeout=LONG_MS
    )
    visitor.shot("studio-phone-run")


# The colours that fill whole points of the overview.
PAINTED = """() => {
  const map = document.querySelector("[data-testid=minimap]");
  const { data } = map.getContext("2d").getImageData(0, 0, map.width, map.height);
  const found = new Set();
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) found.add(data.slice(at, at + 3).join());
  return found.size;
}"""


@pytest.mark.parametrize("wish", [{"reduced_motion": "reduce"}, {"forced_colors": "active"}])
def test_what_is_painted_keeps_its_colours(demo: Demo, visit: Visit, wish: dict[str, str]) -> None:
    greet = step("greet", "data.transform", title="Greet", fields=[{"name": "x", "value": "1"}])
    page = visit("builder").page
    page.emulate_media(**wish)  # type: ignore[arg-type]  # of the words that it takes
    open_studio(page, make_workflow(demo, definition(greet)))
    page.get_by_role("application", name="Workflow canvas").focus()
    page.keyboard.press("Home")
    page.wait_for_function(f"({PAINTED})() >= 3")  # a step, the chosen one, a note
