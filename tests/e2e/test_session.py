"""The end of a session in the studio: said before, and nothing is lost after it."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Demo, Visitor
from tests.e2e.studio import call, definition, kept_here, make_workflow, open_studio, step

Visit = Callable[..., Visitor]
ALMOST = timedelta(days=7) - timedelta(minutes=1)
LATE = timedelta(minutes=2)


def test_the_end_is_said_before_and_work_goes_on_after_it(demo: Demo, visit: Visit) -> None:
    steps = step("one", "data.transform", title="One", fields=[{"name": "x", "value": "1"}])
    workflow = make_workflow(demo, definition(steps))
    visitor = visit("builder")
    page = visitor.page
    page.clock.install()
    with page.expect_response("**/api/v1/session/"):
        open_studio(page, workflow)
    expect(page.get_by_test_id("session-ending")).to_have_count(0)
    page.clock.fast_forward(int(ALMOST.total_seconds()) * 1000)
    expect(page.get_by_test_id("session-ending")).to_contain_text("Your session ends at")
    visitor.shot("session-ending")
    assert not violations(page)
    with page.expect_response(lambda answer: answer.request.method == "POST") as renewed:
        page.get_by_test_id("session-renew").click()
    assert renewed.value.ok

    cookies = visitor.context.cookies()
    page.get_by_test_id("workflow-node").filter(has_text="One").click()
    page.get_by_test_id("step-title").fill("Last words")
    page.keyboard.press("Enter")
    kept_here(page)
    visitor.context.clear_cookies()
    page.clock.fast_forward(int(LATE.total_seconds()) * 1000)
    note = page.get_by_test_id("not-saved")
    expect(note).to_contain_text("You are signed out")
    expect(note.get_by_role("link", name="Sign in")).to_have_attribute("target", "_blank")
    visitor.shot("session-over")
    assert not violations(page)

    visitor.context.add_cookies(cookies)  # type: ignore[arg-type]  # as they were read
    page.get_by_test_id("session-look").click()
    expect(note).to_have_count(0)
    page.get_by_test_id("step-title").fill("Last words of all")
    page.keyboard.press("Enter")
    page.locator("[data-testid=save-state][data-state=saved]").wait_for()
    nodes = call(demo, f"workflows/{workflow}/")["definition"]["nodes"]
    assert "Last words of all" in [node["title"] for node in nodes]
    visitor.errors.clear()  # the browser logs each refusal
