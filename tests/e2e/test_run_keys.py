"""Runs by keys: the list up and down, open, tick, the switch for who dictates; one run through its time."""

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


def _waited(demo: Demo) -> str:
    """Make a run that did something, waited for five seconds, which are folded, and went on."""
    steps = (
        step("first", "data.transform", title="First", fields=[{"name": "x", "value": "1"}]),
        step("hold", "flow.wait", title="Hold", seconds=5),
        step("last", "data.transform", title="Last", fields=[{"name": "x", "value": "2"}]),
    )
    workflow = make_workflow(demo, definition(*steps), publish=True)
    run = call(demo, f"workflows/{workflow}/runs/", {"inputs": {}, "wait": 60})
    return str(run["id"])


def _number(demo: Demo, run: str, type_: str, node: str) -> int:
    events = call(demo, f"runs/{run}/events/")["results"]
    return next(int(e["seq"]) for e in events if e["type"] == type_ and e.get("node") == node)


def test_a_run_is_moved_through_its_time(demo: Demo, visit: Callable[..., Visitor]) -> None:
    visitor = visit("operator")
    page, run = visitor.page, _waited(demo)
    page.goto(f"/runs/{run}/")
    expect(page.locator("[data-testid=run-status][data-status=succeeded]")).to_be_visible()
    slider = page.get_by_role("slider", name="Moment of the run")
    status = {name: page.locator(f"#row-{name} .wf-status") for name in ("first", "hold", "last")}
    event = page.get_by_test_id("scrubber-event")
    total = int(event.inner_text().split()[-1])
    expect(event).to_have_text(f"event {total} of {total}")
    expect(page.get_by_role("button", name="Next event")).to_be_disabled()

    # By event, with the words of each row as they were.
    waits = _number(demo, run, "node.waiting", "hold")
    slider.focus()
    for _ in range(total - waits):
        slider.press("ArrowLeft")
    expect(event).to_have_text(f"event {waits} of {total}")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("s, event .*: Hold, waiting"))
    expect(status["first"]).to_have_text("succeeded")
    expect(status["hold"]).to_have_text("waiting")
    expect(status["last"]).to_have_text("not reached yet")
    expect(page.locator("#row-last .bar.ahead")).to_have_count(1)
    assert violations(page) == []
    visitor.shot("run-earlier")

    # The address leads somebody else there; another step is opened at the same moment.
    expect(page).to_have_url(re.compile(rf"\?at={waits}$"))
    page.reload()
    expect(status["hold"]).to_have_text("waiting")
    page.locator("#row-first").click()
    expect(page.get_by_role("heading", name="First")).to_be_visible()
    expect(page).to_have_url(re.compile("node=first"))
    expect(page.locator("#run-scrubber")).to_be_visible()
    expect(status["hold"]).to_have_text("waiting")

    # By the pointer; the folded wait is played in less than it took, to the end and no further.
    track = page.locator(".scrubber-track").bounding_box()
    assert track
    page.mouse.click(track["x"] + 1, track["y"] + track["height"] / 2)
    expect(status["last"]).to_have_text("not reached yet")
    page.get_by_role("button", name="16\N{MULTIPLICATION SIGN}").click()
    page.get_by_role("button", name="Play").click()
    expect(event).to_have_text(f"event {total} of {total}")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(status["last"]).to_have_text("succeeded")
    expect(page).not_to_have_url(re.compile("at="))
    slider.press("Home")
    expect(page.get_by_test_id("scrubber-time")).to_have_text(re.compile(r"^0:00\.0"))
    slider.press("End")
    expect(event).to_have_text(f"event {total} of {total}")


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
