"""Signing out: nothing of the workspace stays in the browser, and it counts in its other windows."""

from collections.abc import Callable

from tests.e2e.conftest import Demo, Visitor
from tests.e2e.test_first_light import api
from tests.e2e.test_together import DEFINITION, saved

Visit = Callable[..., Visitor]


def test_signing_out_leaves_no_drafts_in_the_browser(demo: Demo, visit: Visit) -> None:
    link = demo.command("create_workspace", "leaving")
    key = demo.command("create_api_key", "--tenant", "leaving", "--role", "owner", "--name", "e2e")
    made = api(demo, key, "workflows/", {"name": "Together", "definition": DEFINITION})
    page, host = visit().page, link.partition("/accounts/")[0]
    page.goto(link)
    page.get_by_role("button").first.click()
    page.wait_for_url(f"{host}/**")
    page.goto(f"{host}/workflows/{made['id']}/")
    saved(page)
    kept = "async () => (await indexedDB.databases()).length"
    page.wait_for_function(f"async () => await ({kept})() === 1")
    page.get_by_test_id("run-button").click()
    page.get_by_test_id("run-start").click()
    ours = "() => Object.keys(localStorage).filter((key) => key.startsWith('auterity-'))"
    page.wait_for_function(f"() => ({ours})().some((key) => key.startsWith('auterity-inputs-'))")
    page.goto(f"{host}/workflows/")
    page.locator("[popovertarget=profile-menu]:visible").first.click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail").wait_for()
    assert page.evaluate(kept) == 0
    assert page.evaluate(ours) == []


def test_signing_out_in_the_studio_ends_it_in_other_windows_too(demo: Demo, visit: Visit) -> None:
    link = demo.command("create_workspace", "leaving-here")
    key = demo.command(
        "create_api_key", "--tenant", "leaving-here", "--role", "owner", "--name", "e2e"
    )
    made = api(demo, key, "workflows/", {"name": "Together", "definition": DEFINITION})
    visitor = visit()
    page, host = visitor.page, link.partition("/accounts/")[0]
    page.goto(link)
    page.get_by_role("button").first.click()
    page.wait_for_url(f"{host}/**")
    other = page.context.new_page()
    for each in (page, other):
        each.goto(f"{host}/workflows/{made['id']}/")
        saved(each)
    page.evaluate("() => localStorage.setItem('auterity-inputs-anna-w1', '{}')")
    page.get_by_test_id("account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.get_by_label("E-mail").wait_for()
    other.get_by_test_id("not-saved").get_by_text("You are signed out").wait_for()
    assert page.evaluate("async () => (await indexedDB.databases()).length") == 0
    assert page.evaluate("() => localStorage.getItem('auterity-inputs-anna-w1')") is None
    visitor.errors.clear()  # the browser logs refused requests
