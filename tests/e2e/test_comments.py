"""Two people talk about a workflow: pins, mentions, news by bell and by mail, and what stays of it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Demo, Visitor
from tests.e2e.studio import call, definition, make_workflow, open_studio, step

Visit = Callable[..., Visitor]


@pytest.fixture
def workflow(demo: Demo) -> str:
    """A workflow of three steps, by its id."""
    steps = (
        step("fetch", "http.request", "Fetch page", method="GET", url="https://example.com"),
        step("draft", "ai.generate", "Draft reply", prompt="Write a reply."),
    )
    return make_workflow(demo, definition(*steps))


def opened(visitor: Visitor, workflow: str) -> Page:
    open_studio(visitor.page, workflow)
    return visitor.page


def pin(page: Page, node: str) -> Locator:
    return page.locator(f"[data-testid=comment-pin][data-node={node}]")


def say(page: Page, text: str) -> None:
    page.get_by_test_id("composer").get_by_role("textbox").press_sequentially(text)
    page.keyboard.press("Control+Enter")


def begin(page: Page, node: str, text: str) -> None:
    """Comment on a step by the keyboard alone."""
    page.locator(f"[data-node-id={node}]").click()
    page.keyboard.press("Shift+C")
    say(page, text)
    expect(page.get_by_test_id("comment")).to_have_count(1)


def comments(page: Page) -> Locator:
    return page.get_by_test_id("thread-comments").get_by_test_id("comment")


def clean(visitor: Visitor) -> None:
    """Look at the page in both themes."""
    for scheme in ("light", "dark"):
        visitor.page.emulate_media(color_scheme=scheme)
        assert not violations(visitor.page), scheme
    visitor.page.emulate_media(color_scheme="light")


def test_a_question_is_asked_answered_and_done(visit: Visit, workflow: str) -> None:
    olivia, ben = visit("owner"), visit("builder")
    asking, asked = opened(olivia, workflow), opened(ben, workflow)
    asking.locator("[data-node-id=fetch]").click()
    asking.keyboard.press("Shift+C")
    asking.get_by_test_id("composer").get_by_role("textbox").press_sequentially("@ben")
    expect(asking.get_by_test_id("mention-list")).to_contain_text("Ben Builder")
    olivia.shot("comments-mention")
    asking.keyboard.press("Enter")
    say(asking, "should this be a POST?")
    expect(comments(asking)).to_contain_text("@Ben Builder should this be a POST?")

    expect(pin(asked, "fetch")).to_have_attribute("data-unread", "true")
    expect(asked.get_by_test_id("live-region")).to_have_text("New comment: Fetch page")
    expect(asked.get_by_test_id("unread-threads")).to_have_text("1")
    ben.shot("comments-unread")
    news = ben.context.new_page()
    news.goto("/notifications/")
    news.get_by_text("Olivia Owner mentioned you in “In the studio”").click()
    news.wait_for_url(f"**/workflows/{workflow}/?comment=*")
    expect(comments(news)).to_contain_text("should this be a POST?")
    news.close()
    mails = olivia.context.new_page()
    mails.goto("/mails/")
    row = mails.get_by_role("row").filter(has_text="Olivia Owner mentioned you in “In the studio”")
    expect(row.first).to_be_visible()
    mails.close()

    pin(asked, "fetch").click()
    say(asked, "Yes. I will change it.")
    expect(comments(asking)).to_have_count(2)
    expect(comments(asking).nth(1)).to_contain_text("Yes. I will change it.")
    olivia.shot("comments")
    clean(olivia)
    asking.get_by_test_id("resolve-thread").click()
    expect(pin(asked, "fetch")).to_have_count(0)
    expect(asked.get_by_test_id("thread")).to_contain_text("Resolved")


def test_a_thread_outlives_its_step(visit: Visit, workflow: str) -> None:
    visitor = visit("builder")
    page = opened(visitor, workflow)
    begin(page, "draft", "Is the tone right?")
    page.keyboard.press("Escape")
    page.locator("[data-node-id=draft]").click()
    page.keyboard.press("Delete")
    expect(pin(page, "draft")).to_have_count(0)
    page.get_by_test_id("rail-comments").click()
    row = page.get_by_test_id("thread-row")
    expect(row).to_contain_text("Draft reply")
    expect(row.get_by_test_id("detached")).to_be_visible()
    visitor.shot("comments-detached")
    clean(visitor)
    row.click()
    say(page, "It was not.")
    expect(comments(page)).to_have_count(2)
    page.keyboard.press("Escape")
    page.get_by_test_id("undo").click()
    expect(pin(page, "draft")).to_be_visible()
    expect(row.get_by_test_id("detached")).to_have_count(0)


def test_points_panel_and_filters(visit: Visit, workflow: str) -> None:
    visitor = visit("owner")
    page = opened(visitor, workflow)
    canvas = page.get_by_test_id("canvas-ready").bounding_box()
    assert canvas is not None
    page.get_by_test_id("canvas-ready").press("c")
    page.mouse.click(canvas["x"] + canvas["width"] / 2, canvas["y"] + 60)
    say(page, "There is room for a check here.")
    expect(comments(page)).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("comment-pin")).to_have_count(1)
    begin(page, "fetch", "Which page?")
    page.get_by_test_id("resolve-thread").click()
    page.keyboard.press("Escape")
    page.get_by_test_id("rail-comments").click()
    rows = page.get_by_test_id("thread-row")
    expect(rows).to_have_count(1)
    page.get_by_label("Which threads").select_option("resolved")
    expect(rows).to_contain_text(["Which page?"])
    page.get_by_label("Which threads").select_option("all")
    page.get_by_role("searchbox", name="Search comments").fill("room")
    expect(rows).to_contain_text(["There is room for a check here."])
    visitor.shot("comments-panel")
    clean(visitor)
    page.get_by_role("searchbox", name="Search comments").fill("nothing like it")
    page.get_by_role("button", name="Clear filters").click()
    expect(rows).to_have_count(1)
    page.keyboard.press("Escape")
    page.get_by_test_id("fit-view").click()
    page.mouse.move(canvas["x"] + canvas["width"] / 2, canvas["y"] + 300)
    page.keyboard.down("Control")
    page.mouse.wheel(0, 500)
    page.keyboard.up("Control")
    expect(page.get_by_test_id("comment-pin")).to_be_visible()
    visitor.shot("comments-far")


def test_what_is_said_without_a_connection_is_said_later(visit: Visit, workflow: str) -> None:
    visitor = visit("builder")
    page, other = opened(visitor, workflow), opened(visit("owner"), workflow)
    begin(page, "fetch", "First")
    visitor.context.set_offline(True)
    say(page, "Written on a train.")
    expect(page.get_by_test_id("comment-waiting")).to_contain_text("Not sent yet")
    visitor.context.set_offline(False)
    expect(comments(page)).to_have_count(2)
    expect(page.get_by_test_id("comment-waiting")).to_have_count(0)
    pin(other, "fetch").click()
    expect(comments(other)).to_contain_text(["First", "Written on a train."])
    visitor.errors[:] = [each for each in visitor.errors if "ERR_INTERNET_DIS" not in each]


def test_on_a_phone_the_outline_leads_to_comments(visit: Visit, workflow: str) -> None:
    begin(opened(visit("owner"), workflow), "draft", "Shorter, please.")
    visitor = visit("operator", width=390, height=844)
    page = opened_narrow(visitor, workflow)
    said = page.locator("[data-node-id=draft]").get_by_test_id("outline-comments")
    expect(said).to_have_text("1")
    said.click()
    expect(comments(page)).to_contain_text(["Shorter, please."])
    say(page, "Agreed.")
    expect(comments(page)).to_have_count(2)
    visitor.shot("comments-phone")
    clean(visitor)
    page.keyboard.press("Escape")
    page.get_by_test_id("rail-comments").click()
    expect(page.get_by_test_id("thread-row")).to_have_count(1)
    visitor.shot("comments-panel-phone")
    clean(visitor)


def opened_narrow(visitor: Visitor, workflow: str) -> Page:
    visitor.page.goto(f"/workflows/{workflow}/")
    expect(visitor.page.get_by_test_id("outline")).to_be_visible()
    return visitor.page


def test_a_link_to_a_thread_that_is_gone_says_so(visit: Visit, workflow: str) -> None:
    visitor = visit("builder")
    visitor.page.goto(f"/workflows/{workflow}/?comment=01900000-0000-7000-8000-000000000000")
    expect(visitor.page.get_by_test_id("toast")).to_contain_text(
        "of this link is not there any more"
    )
    visitor.errors.clear()  # the browser logs the request that found nothing


def test_reviewers_talk_about_the_steps_that_change(demo: Demo, visit: Visit) -> None:
    folder = call(demo, "folders/", {"name": "Talked about"})["id"]
    call(demo, "review-rules/", {"folder": folder, "approvals": 1})
    wanted = definition(step("draft", "data.transform", "Draft reply", mode="set", fields=[]))
    made = call(demo, "workflows/", {"name": "Reply", "definition": wanted, "folder": folder})
    review = call(demo, f"workflows/{made['id']}/review/", {"notes": "Please look."})["id"]
    visitor = visit("builder")
    page = visitor.page
    page.goto(f"/reviews/{review}/")
    page.get_by_label("Step", exact=True).select_option("draft")
    page.get_by_label("Comment", exact=True).fill("@Olivia Owner nothing is set here?")
    page.get_by_role("button", name="Comment", exact=True).click()
    thread = page.get_by_role("article", name="Comments on Draft reply")
    expect(thread).to_contain_text("nothing is set here?")
    thread.get_by_text("Reply", exact=True).first.click()
    visitor.shot("review-comments")
    page.set_viewport_size({"width": 390, "height": 844})
    visitor.shot("review-comments-phone")
    page.set_viewport_size({"width": 1440, "height": 900})
    thread.get_by_role("link", name="Show in the studio").click()
    expect(comments(page)).to_contain_text("nothing is set here?")
