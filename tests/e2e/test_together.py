"""Two people with the same workflow open: nothing that either edits is lost, and each sees the other."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from pycrdt import Doc, Map

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Demo, Visitor
from tests.e2e.studio import kept_here
from tests.e2e.test_first_light import api

Visit = Callable[..., Visitor]
SOON_MS = 20_000
DEFINITION: dict[str, Any] = {
    "schema": 1,
    "nodes": [
        {"id": "start", "type": "core.start", "position": [0, 80], "config": {"fields": []}},
        {
            "id": "draft", "type": "ai.generate", "title": "Draft", "position": [320, 80],
            "config": {"prompt": "Write a reply."},
        },
        {"id": "reply", "type": "core.respond", "title": "Reply", "position": [640, 80]},
    ],
    "edges": [
        {"source": "start", "source_port": "out", "target": "draft", "target_port": "in"},
        {"source": "draft", "source_port": "out", "target": "reply", "target_port": "in"},
    ],
    "settings": {},
}  # fmt: skip
# Sends one frame by a socket of its own, as a page that was tampered with could.
SEND = """
([path, frame]) => new Promise((done) => {
  const socket = new WebSocket(`ws://${location.host}${path}`);
  socket.onmessage = () => {
    socket.send(new Uint8Array(frame));
    setTimeout(() => { socket.close(); done(true); }, 1500);
    socket.onmessage = null;
  };
  socket.onclose = ({ code }) => done(code);
})
"""


@pytest.fixture
def key(demo: Demo) -> str:
    """An owner's key."""
    return demo.command("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "e2e")


@pytest.fixture
def workflow(demo: Demo, key: str) -> str:
    """A workflow of three steps, by its id."""
    made = api(demo, key, "workflows/", {"name": "Together", "definition": DEFINITION})
    return str(made["id"])


def opened(visitor: Visitor, workflow: str) -> Page:
    page = visitor.page
    page.goto(f"/workflows/{workflow}/")
    page.get_by_test_id("canvas-ready").wait_for(state="attached")
    return page


def meeting(visit: Visit, workflow: str, *roles: str) -> list[Page]:
    """Open the workflow as several people who see each other."""
    pages = [opened(visit(role), workflow) for role in roles]
    for page in pages:
        expect(page.get_by_test_id("person")).to_have_count(len(roles) - 1, timeout=SOON_MS)
    return pages


def step(page: Page, node: str) -> Locator:
    return page.locator(f"[data-node-id={node}]")


def settings_of(page: Page, node: str) -> Page:
    step(page, node).click()
    expect(page.locator(".cm-content").first).to_be_visible()
    more = page.get_by_test_id("more-fields")
    if more.get_attribute("aria-expanded") == "false":
        more.click()
    return page


def go_offline(visitor: Visitor) -> None:
    visitor.context.set_offline(True)
    state = visitor.page.get_by_test_id("save-state")
    expect(state).to_contain_text("changes kept on this device")


def come_back(visitor: Visitor) -> None:
    visitor.context.set_offline(False)
    # The browser logs what could not be fetched as an error.
    visitor.errors[:] = [each for each in visitor.errors if "ERR_INTERNET_DIS" not in each]


def saved(page: Page) -> None:
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def config_of(demo: Demo, key: str, workflow: str, node: str = "draft") -> dict[str, Any]:
    definition = api(demo, key, f"workflows/{workflow}/")["definition"]
    return next(each for each in definition["nodes"] if each["id"] == node)


def add(page: Page, type_name: str) -> None:
    page.get_by_test_id("rail-palette").click()
    page.get_by_test_id(f"palette-{type_name}").click()
    saved(page)


def test_edits_of_two_people_meet(visit: Visit, workflow: str) -> None:
    pages = meeting(visit, workflow, "builder", "owner")
    for page, type_name in zip(pages, ("flow.wait", "http.request"), strict=True):
        add(page, type_name)
    for page in pages:
        steps = page.get_by_test_id("workflow-node")
        expect(steps).to_have_count(5, timeout=SOON_MS)
        page.reload()
        expect(steps).to_have_count(5, timeout=SOON_MS)


def test_one_step_by_two_people_at_once(demo: Demo, visit: Visit, key: str, workflow: str) -> None:
    first, second = meeting(visit, workflow, "builder", "owner")
    for page in (first, second):
        settings_of(page, "draft")
    first.get_by_test_id("field-prompt").click()
    first.keyboard.press("Control+Home")
    second.get_by_test_id("field-prompt").click()
    second.keyboard.press("Control+End")
    for letters in zip("Please: ", " Be kind", strict=True):  # by turns, so that they interleave
        first.keyboard.type(letters[0])
        second.keyboard.type(letters[1])
    first.get_by_test_id("field-temperature").fill("0.2")
    second.get_by_test_id("step-title").fill("Draft a reply")
    second.get_by_test_id("step-title").press("Enter")
    for page in (first, second):
        expect(page.get_by_test_id("field-prompt")).to_have_text("Please: Write a reply. Be kind")
        expect(page.get_by_test_id("step-title")).to_have_value("Draft a reply")
        expect(page.get_by_test_id("field-temperature")).to_have_value("0.2")
        saved(page)
    found = config_of(demo, key, workflow)
    assert found["config"]["prompt"] == "Please: Write a reply. Be kind"
    assert (found["title"], found["config"]["temperature"]) == ("Draft a reply", 0.2)


def test_each_undoes_what_they_did(visit: Visit, workflow: str) -> None:
    first, second = meeting(visit, workflow, "builder", "owner")
    add(first, "flow.wait")
    expect(second.get_by_test_id("workflow-node")).to_have_count(4)
    add(second, "http.request")
    expect(first.get_by_test_id("workflow-node")).to_have_count(5)
    first.get_by_test_id("undo").click()
    for page in (first, second):
        expect(page.locator("[data-type='flow.wait']")).to_have_count(0)
        expect(page.locator("[data-type='http.request']")).to_have_count(1)
    expect(first.get_by_test_id("undo")).to_be_disabled()
    expect(second.get_by_test_id("undo")).to_be_enabled()


def test_a_field_undoes_itself_first(visit: Visit, workflow: str) -> None:
    first, second = meeting(visit, workflow, "builder", "owner")
    add(first, "flow.wait")
    settings_of(first, "draft")
    field = first.get_by_test_id("field-prompt")
    field.click()
    first.keyboard.press("Control+End")
    first.keyboard.type(" Now.")
    settings_of(second, "draft")
    expect(second.get_by_test_id("field-prompt")).to_have_text("Write a reply. Now.")
    first.keyboard.press("Control+z")
    expect(field).to_have_text("Write a reply.")
    expect(first.locator("[data-type='flow.wait']")).to_have_count(1)
    first.keyboard.press("Control+z")
    expect(first.locator("[data-type='flow.wait']")).to_have_count(0)
    expect(second.locator("[data-type='flow.wait']")).to_have_count(0)


def test_names_are_offered_and_noted_together(visit: Visit, workflow: str) -> None:
    first, second = meeting(visit, workflow, "builder", "owner")
    settings_of(first, "draft").get_by_test_id("field-prompt").click()
    first.keyboard.press("Control+End")
    first.keyboard.type(" {{ inp")
    expect(first.get_by_role("option", name="input")).to_be_visible()
    first.keyboard.press("Enter")
    first.keyboard.type(" }}")
    settings_of(second, "draft")
    expect(second.get_by_test_id("field-prompt")).to_have_text("Write a reply. {{ input }}")
    first.get_by_test_id("canvas-ready").press("n")
    first.get_by_test_id("note-text").press_sequentially("Ask them")
    expect(second.get_by_test_id("workflow-note")).to_contain_text("Ask them")


def test_people_see_where_the_others_are(visit: Visit, workflow: str) -> None:
    first, second = meeting(visit, workflow, "builder", "owner")
    expect(second.get_by_test_id("live-region")).to_have_text("Ben Builder joined")
    box = step(first, "reply").bounding_box()
    assert box is not None
    first.mouse.move(box["x"] + 20, box["y"] + 140, steps=4)
    expect(second.get_by_test_id("peer-cursor")).to_contain_text("Ben Builder")
    step(first, "draft").click()
    expect(second.get_by_test_id("peer-selection")).to_have_count(1)
    first.get_by_test_id("field-prompt").click()
    settings_of(second, "draft")
    expect(second.get_by_test_id("field-people")).to_have_text("Ben Builder")
    expect(second.get_by_test_id("peer-selection")).to_contain_text("Ben Builder · Prompt")
    visitor = Visitor(second.context, second)
    visitor.shot("together")
    for scheme in ("light", "dark"):
        second.emulate_media(color_scheme=scheme)
        assert not violations(second), scheme


def test_a_drag_is_seen_before_it_ends(visit: Visit, workflow: str) -> None:
    first, second = meeting(visit, workflow, "builder", "owner")
    box = step(first, "reply").bounding_box()
    before = step(second, "reply").bounding_box()
    assert box is not None
    assert before is not None
    first.mouse.move(box["x"] + 60, box["y"] + 60)
    first.mouse.down()
    first.mouse.move(box["x"] + 60, box["y"] + 200, steps=8)
    ghost = second.locator("[data-testid=peer-selection][data-dragged]")
    expect(ghost).to_have_count(1)
    moved = "([box, y]) => box.getBoundingClientRect().y > y"
    second.wait_for_function(moved, arg=[ghost.element_handle(), before["y"] + 100])
    assert step(second, "reply").bounding_box() == before
    first.mouse.up()
    expect(ghost).to_have_count(0)


def test_following_somebody_moves_the_view(visit: Visit, workflow: str) -> None:
    first, second = meeting(visit, workflow, "builder", "owner")
    second.get_by_test_id("person").click()
    expect(second.get_by_test_id("following")).to_contain_text("Following Ben Builder")
    place = second.locator(".react-flow__viewport")
    before = place.get_attribute("style")
    canvas = first.get_by_test_id("canvas-ready").bounding_box()
    assert canvas is not None
    first.mouse.move(canvas["x"] + 15, canvas["y"] + 15, steps=3)
    expect(place).not_to_have_attribute("style", before or "")
    second.keyboard.press("Escape")
    expect(second.get_by_test_id("following")).to_have_count(0)
    second.get_by_test_id("person").click()
    expect(second.get_by_test_id("following")).to_be_visible()
    second.mouse.move(canvas["x"] + 300, canvas["y"] + 300)
    second.mouse.wheel(0, 60)
    expect(second.get_by_test_id("following")).to_have_count(0)


def test_who_is_overwritten_hears_of_it(visit: Visit, workflow: str) -> None:
    first, second = meeting(visit, workflow, "builder", "owner")
    for page, value in ((first, "0.2"), (second, "0.9")):
        settings_of(page, "draft").get_by_test_id("field-temperature").fill(value)
        expect(first.get_by_test_id("field-temperature")).to_have_value(value)
    told = first.get_by_test_id("overwritten")
    expect(told).to_contain_text("Olivia Owner changed this")
    told.get_by_role("button", name="Restore mine").click()
    expect(second.get_by_test_id("field-temperature")).to_have_value("0.2")
    expect(second.get_by_test_id("overwritten")).to_contain_text("Ben Builder changed this")
    expect(told).to_have_count(0)


def test_edits_without_a_connection_are_merged_on_return(
    demo: Demo, visit: Visit, key: str, workflow: str
) -> None:
    visitor = visit("builder")
    first, second = opened(visitor, workflow), opened(visit("owner"), workflow)
    settings_of(first, "draft").get_by_test_id("field-prompt").click()
    go_offline(visitor)
    first.keyboard.press("Control+End")
    first.keyboard.type(" From afar.")
    add(second, "http.request")
    come_back(visitor)
    state = first.get_by_test_id("save-state")
    expect(state).to_have_text("Synced", timeout=SOON_MS)
    for page in (first, second):
        expect(page.get_by_test_id("workflow-node")).to_have_count(4)
    assert config_of(demo, key, workflow)["config"]["prompt"] == "Write a reply. From afar."


def test_edits_survive_a_page_that_is_closed_without_a_connection(
    demo: Demo, visit: Visit, key: str, workflow: str
) -> None:
    visitor = visit("builder")
    page = settings_of(opened(visitor, workflow), "draft")
    page.get_by_test_id("field-prompt").click()
    go_offline(visitor)
    page.keyboard.press("Control+End")
    page.keyboard.type(" Kept.")
    expect(step(page, "draft")).to_contain_text("Kept.")
    kept_here(page)
    page.close(run_before_unload=False)
    come_back(visitor)
    assert config_of(demo, key, workflow)["config"]["prompt"] == "Write a reply."
    visitor.page = visitor.context.new_page()
    again = settings_of(opened(visitor, workflow), "draft")
    expect(again.get_by_test_id("field-prompt")).to_have_text("Write a reply. Kept.")
    saved(again)
    assert config_of(demo, key, workflow)["config"]["prompt"] == "Write a reply. Kept."


def test_who_may_only_look_cannot_write(demo: Demo, visit: Visit, key: str, workflow: str) -> None:
    owner, looker = meeting(visit, workflow, "owner", "operator")
    expect(looker.get_by_text("View only")).to_be_visible()
    settings_of(looker, "draft")
    expect(looker.get_by_test_id("field-prompt")).to_have_attribute("contenteditable", "false")
    doc: Doc[Any] = Doc()
    doc.get("meta", type=Map)["name"] = "Taken over"
    update = doc.get_update()
    assert len(update) < 128  # one byte tells its length
    looker.evaluate(SEND, [f"/ws/wf/{workflow}", [0, 2, len(update), *update]])
    settings_of(owner, "draft").get_by_test_id("field-temperature").fill("0.5")
    expect(looker.get_by_test_id("field-temperature")).to_have_value("0.5")
    assert api(demo, key, f"workflows/{workflow}/")["name"] == "Together"


def test_what_others_pin_and_publish_shows_in_an_open_studio(
    demo: Demo, visit: Visit, key: str, workflow: str
) -> None:
    first, second = meeting(visit, workflow, "builder", "owner")
    step(second, "draft").click()
    second.get_by_test_id("tab-output").click()
    second.get_by_test_id("pin-by-hand").click()
    second.get_by_test_id("pin-json").fill('{"text": "Pinned words"}')
    second.get_by_test_id("pin-save").click()
    expect(step(first, "draft").get_by_test_id("pin-mark")).to_be_visible(timeout=SOON_MS)
    api(demo, key, f"workflows/{workflow}/publish/", {"notes": "First"})
    for page in (first, second):
        expect(page.get_by_test_id("version")).to_have_text("v1", timeout=SOON_MS)
    second.get_by_test_id("unpin").click()
    expect(step(first, "draft").get_by_test_id("pin-mark")).to_have_count(0, timeout=SOON_MS)
