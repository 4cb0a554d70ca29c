"""A list is gone through: built with the keyboard alone, run, and read round by round."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo, Visitor
from tests.e2e.test_first_light import LONG_MS, api

NUMBERS = [4, 5, 0, 7]
DEFINITION: dict[str, Any] = {
    "schema": 1,
    "nodes": [
        {
            "id": "start", "type": "core.start",
            "config": {"fields": [{"name": "numbers", "type": "json", "default": NUMBERS}]},
        }
    ],
    "edges": [],
    "settings": {},
}  # fmt: skip


def opened(demo: Demo, visitor: Visitor) -> Page:
    key = demo.command("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "loops")
    made = api(demo, key, "workflows/", {"name": "Shares", "definition": DEFINITION})
    page = visitor.page
    page.goto(f"/workflows/{made['id']}/")
    page.get_by_test_id("canvas-ready").focus()
    return page


def choose(page: Page, words: str) -> None:
    """Pick from the list that is open, by typing."""
    field = page.get_by_role("dialog").get_by_role("combobox")
    field.fill(words)
    field.press("Enter")


def write(page: Page, test_id: str, text: str) -> None:
    """Fill in a field; the list of what may be inserted there is closed."""
    field = page.get_by_test_id(test_id)
    field.fill(text)
    field.press("Escape")


def build(page: Page) -> None:
    """Start, For each with a Transform inside, Respond: no pointer moves anything."""
    page.keyboard.press("Home")
    page.keyboard.press("a")
    choose(page, "For each")
    write(page, "field-items", "{{ input.numbers }}")
    page.get_by_label("When an item fails").select_option("drop")
    page.get_by_test_id("canvas-ready").focus()
    page.keyboard.press("Control+k")
    choose(page, "Add Transform")
    page.get_by_test_id("field-fields-add").press("Enter")
    write(page, "field-fields-0-name", "share")
    write(page, "field-fields-0-value", "{{ 100 // item }}")
    page.get_by_test_id("canvas-ready").focus()
    page.keyboard.press("Control+ArrowUp")
    page.keyboard.press("a")
    choose(page, "Respond")
    write(page, "field-body", "{{ prev.results }}")
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def run(page: Page) -> None:
    page.get_by_test_id("canvas-ready").focus()
    page.keyboard.press("Control+Enter")
    page.get_by_test_id("run-start").press("Enter")
    expect(page.get_by_test_id("run-status")).to_have_attribute(
        "data-status", "succeeded", timeout=LONG_MS
    )


def test_a_loop_built_by_keyboard_is_read_round_by_round(
    demo: Demo, visit: Callable[..., Visitor]
) -> None:
    visitor = visit("builder")
    page = opened(demo, visitor)
    build(page)
    run(page)
    expect(page.get_by_test_id("frame-progress")).to_have_text("4 of 4, 1 failed")

    page.get_by_test_id("rail-outline").press("Enter")
    outline = page.get_by_test_id("outline")
    inner = outline.get_by_role("list", name="Inside For each").get_by_role("button")
    inner.filter(has_text="Transform").first.press("Enter")
    page.get_by_test_id("tab-output").press("Enter")
    expect(page.get_by_test_id("round-number")).to_have_value("4")
    expect(page.get_by_test_id("output-json")).to_contain_text("14")
    visitor.shot("studio-loop")
    page.get_by_test_id("round-failed").press("Enter")
    expect(page.get_by_test_id("round-number")).to_have_value("3")
    expect(page.get_by_test_id("step-error")).to_be_visible()
    page.get_by_test_id("round-previous").press("Enter")
    expect(page.get_by_test_id("output-json")).to_contain_text("20")


def test_a_step_goes_into_a_loop_and_comes_back(demo: Demo, visit: Callable[..., Visitor]) -> None:
    page = opened(demo, visit("builder"))
    page.keyboard.press("Home")
    for words in ("For each", "Transform"):
        page.keyboard.press("a")
        choose(page, words)
        expect(page.get_by_test_id("live-region")).to_have_text(f"Added {words}")
    frame = page.locator('[data-type="flow.each"]')
    expect(frame).to_have_accessible_name(re.compile("1 input, 1 output, 0 steps inside$"))
    page.keyboard.press("m")
    choose(page, "For each")
    expect(frame).to_contain_text("For each")
    expect(frame).not_to_contain_text("Drop steps here")
    page.keyboard.press("Control+z")
    expect(frame).to_contain_text("Drop steps here")
    expect(page.locator(".react-flow__edge")).to_have_count(2)
