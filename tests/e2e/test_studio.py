"""What people do on the canvas: parts of runs, pins, versions, groups, sub-workflows, other tools' files."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from apps.local.processes import wait_until
from tests.e2e.conftest import Demo, Visitor
from tests.e2e.studio import call, card, definition, import_file, make_workflow, open_studio, step
from tests.workflows.n8n_file import COUNT, order_desk

Visit = Callable[..., Visitor]
LONG_MS = 60_000


def transform(node_id: str, title: str, value: str) -> dict[str, Any]:
    return step(node_id, "data.transform", title, fields=[{"name": "n", "value": value}])


def sums() -> dict[str, Any]:
    return definition(
        transform("one", "One", "{{ 1 }}"),
        transform("two", "Two", "{{ prev.n + 1 }}"),
        transform("three", "Three", "{{ prev.n + nodes.two.output.n }}"),
        step("answer", "core.respond", "Answer", body="{{ prev.n }}"),
    )


def ended(page: Page, status: str = "succeeded") -> None:
    expect(page.get_by_test_id("run-status")).to_have_attribute(
        "data-status", status, timeout=LONG_MS
    )


def run(page: Page) -> None:
    page.get_by_test_id("run-button").click()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_test_id("run-start").click()
    ended(page)


def newest(demo: Demo, workflow: str) -> Any:
    """Return the newest run once it is over: a page may for a moment still show the one before."""
    address = f"workflows/{workflow}/runs/"
    wait_until(
        lambda: call(demo, address)["results"][0]["finished_at"] is not None, seconds=LONG_MS / 1000
    )
    return call(demo, address)["results"][0]


def test_a_step_runs_alone_on_a_pinned_output(demo: Demo, visit: Visit) -> None:
    workflow = make_workflow(demo, sums())
    page = visit("builder").page
    open_studio(page, workflow)
    run(page)
    card(page, "Two").click()
    page.get_by_test_id("tab-output").click()
    page.get_by_test_id("pin-output").click()
    expect(card(page, "Two").get_by_test_id("pin-mark")).to_be_visible()
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_test_id("pin-json").fill('{"n": 40}')
    page.get_by_test_id("pin-save").click()
    expect(page.get_by_test_id("pinned-json")).to_contain_text("40")
    expect(page.get_by_test_id("pin-replace")).to_be_visible()  # the run gave something else

    card(page, "Three").click()
    page.get_by_test_id("run-only").hover()
    expect(page.locator("[data-will-run]")).to_have_count(1)
    page.get_by_test_id("run-only").click()
    expect(page.get_by_test_id("output-json")).to_contain_text("80", timeout=LONG_MS)
    made = newest(demo, workflow)
    assert (made["part"]["mode"], made["part"]["node"]) == ("only", "three")

    page.get_by_test_id("run-from-here").click()
    ended(page)
    expect(card(page, "Answer").get_by_text("Done")).to_be_visible()
    assert newest(demo, workflow)["outputs"] == 80


def test_steps_become_a_workflow_of_their_own_and_steps_again(demo: Demo, visit: Visit) -> None:
    workflow = make_workflow(demo, sums())
    page = visit("builder").page
    open_studio(page, workflow)
    card(page, "Two").click()
    card(page, "Three").click(modifiers=["Shift"])
    card(page, "Three").click(button="right")
    page.get_by_role("menuitem", name="Turn into a sub-workflow").click()
    expect(card(page, "Part of In the studio")).to_be_visible()
    expect(page.get_by_test_id("workflow-node")).to_have_count(4)
    run(page)
    assert newest(demo, workflow)["outputs"] == 4

    card(page, "Part of In the studio").click(button="right")
    page.get_by_role("menuitem", name="Expand into its steps").click()
    expect(page.get_by_test_id("workflow-node")).to_have_count(5)
    run(page)
    assert newest(demo, workflow)["outputs"] == 4
    page.locator(".canvas-root").focus()
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("workflow-node")).to_have_count(4)


def test_one_step_of_a_version_comes_back(demo: Demo, visit: Visit) -> None:
    workflow = make_workflow(demo, sums(), publish=True)
    page = visit("builder").page
    open_studio(page, workflow)
    card(page, "Two").click()
    page.keyboard.press("Delete")
    expect(page.get_by_test_id("toast-action")).to_have_text("Reconnect")
    page.get_by_test_id("rail-history").click()
    page.locator("[data-version='1'] .point-head").click()
    page.get_by_test_id("past-way-over").click()
    expect(page.get_by_test_id("ghost")).to_contain_text("Two")
    expect(page.get_by_test_id("past-bar")).to_contain_text("1 removed")
    page.get_by_test_id("restore-step-two").click()
    expect(card(page, "Two")).to_be_visible()
    expect(page.get_by_test_id("past-bar")).to_contain_text("nothing differs")
    expect(page.locator(".react-flow__edge")).to_have_count(4)


def test_a_group_is_named_and_goes_with_its_steps(demo: Demo, visit: Visit) -> None:
    page = visit("builder").page
    open_studio(page, make_workflow(demo, sums()))
    card(page, "One").click()
    card(page, "Two").click(modifiers=["Shift"])
    page.keyboard.press("Control+g")
    expect(page.get_by_label("Name of the group")).to_be_focused()
    page.keyboard.type("Sums")
    page.keyboard.press("Enter")
    group = page.get_by_test_id("workflow-group")
    expect(group).to_contain_text("Sums")
    before = card(page, "One").bounding_box()
    page.keyboard.press("Alt+Shift+ArrowDown")
    expect(page.get_by_test_id("live-region")).to_contain_text("Moved to")
    after = card(page, "One").bounding_box()
    assert before
    assert after
    assert after["y"] > before["y"]


def test_all_test_data_runs_with_one_press(demo: Demo, visit: Visit) -> None:
    wanted = definition(step("answer", "core.respond", "Answer", body="Hello {{ input.who }}"))
    workflow = make_workflow(demo, wanted)
    for name, expected in (("Ada", "Hello Ada"), ("Bob", "Hello World")):
        body = {"name": name, "inputs": {"who": name}, "compares": True, "expected": expected}
        call(demo, f"workflows/{workflow}/data-sets/", body)
    page = visit("builder").page
    open_studio(page, workflow)
    page.get_by_test_id("rail-tests").click()
    page.get_by_test_id("run-all").click()
    sets = page.get_by_test_id("data-set")
    expect(sets.first).to_have_attribute("data-verdict", "passed", timeout=LONG_MS)
    expect(sets.last).to_have_attribute("data-verdict", "differs", timeout=LONG_MS)
    sets.last.get_by_test_id("expect-output").click()
    expect(sets.last).to_have_attribute("data-verdict", "passed")


def test_a_run_is_told_once_more_by_the_keyboard(demo: Demo, visit: Visit) -> None:
    page = visit("builder").page
    open_studio(page, make_workflow(demo, sums()))
    run(page)
    page.get_by_test_id("replay").click()
    moment = page.get_by_test_id("replay-range")
    expect(moment).to_be_focused()
    page.keyboard.press("Home")
    expect(card(page, "Answer").get_by_text("Done")).to_have_count(0)
    page.keyboard.press("End")
    expect(card(page, "Answer").get_by_text("Done")).to_be_visible()
    page.keyboard.press("Escape")
    expect(moment).to_have_count(0)


def test_a_file_of_n8n_opens_as_a_draft(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "desk.json"
    file.write_text(json.dumps(order_desk()))
    visitor = visit("builder")
    page = visitor.page
    import_file(page, file)
    page.get_by_test_id("rail-outline").click()
    expect(page.get_by_test_id("outline-count")).to_have_text(f"{COUNT - 1} steps, 2 notes")
    page.get_by_test_id("rail-problems").click()
    placeholders = page.get_by_test_id("problem").filter(has_text="placeholder")
    expect(placeholders).to_have_count(1)
    expect(placeholders).to_contain_text("34 steps")
    placeholders.get_by_text("Tell the warehouse").click()
    page.get_by_test_id("replace-step").click()
    page.get_by_test_id("pick-http.request").click()
    expect(page.get_by_test_id("field-url")).to_be_visible()
    expect(placeholders).to_contain_text("33 steps")
    visitor.shot("studio-n8n")


def test_moving_the_view_styles_little_anew(demo: Demo, visit: Visit) -> None:
    """What every element inherits must not change with each frame: a large canvas would stutter."""
    page = visit("builder").page
    steps = (transform(f"s{n}", f"Step {n}", f"{{{{ {n} }}}}") for n in range(40))
    open_studio(page, make_workflow(demo, definition(*steps)))
    whole = page.evaluate("document.querySelectorAll('.canvas *').length")
    with traced(page) as styled:
        page.locator(".canvas-root").hover()
        for place in range(20):
            page.mouse.wheel(0, 4 if place % 2 else -4)
            page.evaluate("() => new Promise(requestAnimationFrame)")
    assert len(styled) >= 10, "the view did not move"
    assert max(styled) < whole / 4


@contextmanager
def traced(page: Page) -> Iterator[list[int]]:
    """Give how many elements got their style anew, each time that the page did so."""
    browser = page.context.browser
    assert browser
    styled: list[int] = []
    browser.start_tracing(page=page, categories=["devtools.timeline"])
    yield styled
    events = json.loads(browser.stop_tracing())["traceEvents"]
    told = (each.get("args", {}) for each in events if each["name"] == "UpdateLayoutTree")
    styled += (each["elementCount"] for each in told if "elementCount" in each)
