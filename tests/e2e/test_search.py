"""The search of every page: opened by keys, walked by arrows, and there on a phone too."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Visitor


def test_a_person_is_found_without_the_mouse(visit: Callable[..., Visitor]) -> None:
    owner = visit("owner")
    page = owner.page
    page.goto("/")
    page.keyboard.press("Control+k")
    search = page.get_by_role("dialog", name="Search or jump to")
    expect(search.get_by_role("link", name="Audit log")).to_be_visible()
    page.keyboard.type("ben")
    ben = search.get_by_role("link", name="Ben Builder")
    expect(ben).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    expect(ben).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/members/\?q=ben"))  # and until its keys are heard

    page.keyboard.press("Control+k")
    expect(search).to_be_visible()
    page.keyboard.type("no such thing")
    expect(search.get_by_text("Nothing is called")).to_be_visible()
    page.keyboard.press("Escape")
    expect(search).to_be_hidden()


def test_a_phone_opens_it_beside_the_bell(visit: Callable[..., Visitor]) -> None:
    owner = visit("owner", width=390, height=844)
    page = owner.page
    page.goto("/runs/")
    page.get_by_role("link", name="Search or jump to").click()
    search = page.get_by_role("dialog", name="Search or jump to")
    search.get_by_role("searchbox").fill("nightly")
    search.get_by_role("link", name="Nightly report").first.click()
    expect(page.get_by_role("heading", name="Nightly report").first).to_be_visible()
