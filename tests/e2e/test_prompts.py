"""A prompt is written, tried on two routes side by side, and saved as its next version."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Visitor


def test_from_the_library_to_the_playground_and_back(visit: Callable[..., Visitor]) -> None:
    owner = visit("owner")
    page = owner.page
    page.goto("/relaycore/new-prompt/")
    page.get_by_label("Name", exact=True).first.fill("Greeting of guests")
    page.get_by_label("Short name").fill("greeting")
    words = page.locator("textarea")
    words.nth(0).fill("You are brief.")
    words.nth(1).fill("Say hello to {{ guest }}")
    page.get_by_role("button", name="Add prompt").click()
    expect(page.get_by_role("heading", name="Version 1", exact=True)).to_be_visible()
    assert violations(page) == []

    page.get_by_role("link", name="Try it").click()
    expect(page.get_by_label("Message")).to_have_value("Say hello to {{ guest }}")
    page.get_by_label("guest").fill("Ada")
    page.get_by_role("button", name="Ask all").click()
    figures = page.locator("[data-figures]:visible")
    expect(figures).to_have_count(2)
    expect(figures.first).to_contain_text("built-in rules")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert violations(page) == []
    owner.shot("playground")

    page.get_by_label("System prompt").fill("You are brief and kind.")
    page.get_by_role("button", name="Save as prompt").click()
    page.get_by_label("What changed").fill("Kinder")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Version 2", exact=True)).to_be_visible()
    page.get_by_role("link", name="What version 2 changed").click()
    expect(page.locator("ins")).to_have_text("You are brief and kind.\n")
    assert violations(page) == []
