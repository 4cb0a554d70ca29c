"""The list of runs by keys: up and down, open, tick, and the switch for who dictates."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Demo, Visitor
from tests.e2e.studio import call, definition, make_workflow, step


def _list_of_runs(demo: Demo, page: Page) -> None:
    greet = step("greet", "data.transform", fields=[{"name": "x", "value": "1"}])
    workflow = make_workflow(demo, definition(greet), publish=True)
    for _ in range(3):
        call(demo, f"workflows/{workflow}/runs/", {"inputs": {}})
    page.goto(f"/runs/?workflow={workflow}")
    expect(page.locator(".runs-table .name")).to_have_count(3)


def test_the_list_is_gone_through_by_keys(demo: Demo, visit: Callable[..., Visitor]) -> None:
    page = visit("operator").page
    _list_of_runs(demo, page)
    links = page.locator(".runs-table .name")
    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")  # there is no fourth
    expect(links.nth(2)).to_be_focused()
    page.keyboard.press("k")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator(".cell-tick input[name=ids]").nth(1)).to_be_checked()
    expect(page.get_by_role("toolbar", name="Ticked runs")).to_contain_text("1 ticked")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/runs/[0-9a-f-]{36}/"))


def test_letters_mean_nothing_in_fields_or_where_they_were_switched_off(
    demo: Demo, visit: Callable[..., Visitor]
) -> None:
    page = visit("operator").page
    _list_of_runs(demo, page)
    search = page.get_by_role("searchbox").first
    search.focus()
    page.keyboard.type("j")
    expect(search).to_be_focused()
    search.fill("")
    page.locator(".runs-table .name").first.focus()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys of this list")
    expect(keys).to_be_visible()
    assert violations(page) == []
    keys.get_by_label("Single letters act").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator(".runs-table .name").nth(1)).not_to_be_focused()


def test_filters_are_kept_as_a_tab(demo: Demo, visit: Callable[..., Visitor]) -> None:
    page = visit("operator").page
    _list_of_runs(demo, page)
    page.get_by_role("button", name="Save view").press("Enter")
    dialog = page.get_by_role("dialog", name="Save view")
    dialog.get_by_label("Name").fill("Three greetings")
    assert violations(page) == []
    page.keyboard.press("Enter")
    tab = page.get_by_role("navigation", name="Views of runs").get_by_role("link", name="Three")
    expect(tab).to_have_attribute("aria-current", "page")
    expect(tab).to_have_accessible_name("Three greetings 3 runs")
    page.get_by_role("link", name="All runs").press("Enter")
    expect(tab).not_to_have_attribute("aria-current", "page")
    tab.press("Enter")
    expect(page.locator(".runs-table .name")).to_have_count(3)
    page.get_by_role("button", name="Change the view Three greetings").press("Enter")
    page.get_by_role("button", name="Delete…").press("Enter")
    page.get_by_role("button", name="Delete view").press("Enter")
    expect(tab).to_have_count(0)
