"""The runbook in the studio: written together, live blocks, pictures, clean paste, for everybody."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from pycrdt import XmlElement, XmlText

from apps.workflows import document
from apps.workflows.runbook import tree
from tests.e2e.accessibility import violations
from tests.e2e.conftest import Demo, Visitor
from tests.e2e.studio import call, make_workflow, open_studio
from tests.e2e.test_together import SEND, come_back, go_offline, saved

Visit = Callable[..., Visitor]
SOON_MS = 20_000
WORD = """<html><head><style>p.MsoNormal {margin:0}</style></head><body style='tab-interval:35pt'>
<p class=MsoNormal style='color:red'><b>Bold</b> <a href="javascript:alert(1)">link</a></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·</span>First</p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·</span>Second</p>
<img src="https://tracker.example/p.gif" onerror="alert(1)" alt="Plan"></body></html>"""
PASTE = """
(text, given) => {
  const clipboardData = new DataTransfer();
  for (const [type, words] of Object.entries(given)) clipboardData.setData(type, words);
  text.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}
"""


def asking() -> dict[str, Any]:
    """Return a workflow that asks somebody, and then answers."""
    actions = [{"id": "approved", "label": "Approve", "style": "primary"}]
    nodes = [
        {"id": "start", "type": "core.start", "position": [0, 0], "config": {"fields": []}},
        {
            "id": "ask", "type": "human.approval", "title": "Ask the lead", "position": [320, 0],
            "config": {"title": "Send the refund?", "actions": actions},
        },
        {"id": "reply", "type": "core.respond", "title": "Reply", "position": [640, 0]},
    ]  # fmt: skip
    edges = [
        {"source": "start", "source_port": "out", "target": "ask", "target_port": "in"},
        {"source": "ask", "source_port": "approved", "target": "reply", "target_port": "in"},
    ]
    return {"schema": 1, "nodes": nodes, "edges": edges, "settings": {}}


def png(width: int = 320, height: int = 120) -> bytes:
    """Return a picture in one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = (b"\x00" + b"\x2f\x45\xd8" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.fixture
def workflow(demo: Demo) -> str:
    return make_workflow(demo, asking())


def opened(visitor: Visitor, workflow: str) -> Page:
    open_studio(visitor.page, workflow)
    visitor.page.get_by_test_id("rail-runbook").click()
    text(visitor.page).wait_for()
    return visitor.page


def text(page: Page) -> Locator:
    return page.get_by_test_id("runbook-text")


def write(page: Page, words: str) -> None:
    text(page).press_sequentially(words)


def choose(page: Page, query: str, test_id: str) -> None:
    """Put in what the menu behind a slash offers."""
    write(page, f"/{query}")
    page.get_by_test_id(test_id).first.wait_for()
    page.get_by_test_id(test_id).first.click()


def runbook_of(demo: Demo, workflow: str) -> dict[str, Any]:
    found: dict[str, Any] = call(demo, f"workflows/{workflow}/runbook/")["doc"]
    return found


def test_two_people_write_in_one_paragraph(demo: Demo, visit: Visit, workflow: str) -> None:
    ben, olivia = (opened(visit(role), workflow) for role in ("builder", "owner"))
    for page in (ben, olivia):
        expect(page.get_by_test_id("person")).to_have_count(1, timeout=SOON_MS)
    text(ben).click()
    write(ben, "Left and right.")
    expect(text(olivia)).to_have_text("Left and right.", timeout=SOON_MS)
    text(olivia).click()
    olivia.keyboard.press("Control+End")
    text(ben).press("Control+Home")
    for letter in "0123456789":
        ben.keyboard.type(letter)
        olivia.keyboard.type(chr(ord(letter) + 49))
    for page in (ben, olivia):
        expect(text(page).locator("p").first).to_contain_text("0123456789Left and right.abcdefghij")
        expect(text(page).locator(".co-caret")).to_have_count(1)
    expect(text(ben).locator(".co-caret")).to_have_attribute("data-name", "Olivia Owner")
    ben.keyboard.press("Control+z")
    expect(text(olivia).locator("p").first).not_to_contain_text("0123456789")
    expect(text(ben).locator("p").first).to_contain_text("abcdefghij")
    for page in (ben, olivia):
        saved(page)
    words = tree.text_of(runbook_of(demo, workflow))
    assert "abcdefghij" in words
    assert words == text(ben).locator("p").first.evaluate(
        "p => [...p.childNodes].filter((n) => n.nodeType === 3).map((n) => n.nodeValue).join('')"
    )


def test_what_is_written_offline_is_kept(demo: Demo, visit: Visit, workflow: str) -> None:
    visitor = visit("builder")
    page = opened(visitor, workflow)
    write(page, "Before. ")
    saved(page)
    go_offline(visitor)
    write(page, "Without a connection.")
    come_back(visitor)
    saved(page)
    assert tree.text_of(runbook_of(demo, workflow)) == "Before. Without a connection."


def test_live_blocks_say_how_things_stand(demo: Demo, visit: Visit, workflow: str) -> None:
    page = opened(visit("owner"), workflow)
    run = call(demo, f"workflows/{workflow}/runs/", {"inputs": {}, "version": "draft", "wait": 20})
    assert run["status"] == "waiting"
    write(page, "# Refunds\nWhat runs: ")
    page.keyboard.press("Enter")
    choose(page, "ask", "slash-step-ask")
    choose(page, "runs", f"slash-run-{run['id']}")
    choose(
        page, "refund", "slash-approval-" + call(demo, "approvals/?status=open")["results"][0]["id"]
    )
    status = page.get_by_test_id("live-run")
    expect(status).to_have_attribute("data-status", "waiting", timeout=SOON_MS)
    approval = page.get_by_test_id("live-approval")
    expect(approval).to_have_attribute("data-status", "open")
    expect(approval).to_contain_text("Decides:")
    asked = approval.get_attribute("href") or ""
    call(demo, f"{asked.strip('/')}/decide/", {"decision": "approved"})
    expect(status).to_have_attribute("data-status", "succeeded", timeout=SOON_MS)
    expect(approval).to_have_attribute("data-status", "decided", timeout=SOON_MS)
    expect(approval).to_contain_text("Approve")
    # A step leads to the canvas, and the canvas back.
    page.get_by_test_id("live-step").click()
    expect(page.get_by_test_id("step-title")).to_have_value("Ask the lead")
    page.get_by_test_id("to-runbook").click()
    expect(page.locator(".drawn-block[data-selected]")).to_contain_text("Ask the lead")
    # What is deleted is said to be.
    page.locator("[data-node-id=ask]").first.click()
    page.keyboard.press("Delete")
    expect(page.get_by_test_id("live-gone")).to_have_text("This step was deleted.")
    saved(page)
    page.goto(f"/workflows/{workflow}/runbook/")
    expect(page.get_by_text("This step was deleted.")).to_be_visible()
    expect(page.locator("a.live-block[data-kind=run_block]")).to_contain_text("Done")
    expect(page.locator("a.live-block[data-kind=approval_block]")).to_contain_text("Approve, by")


def test_a_picture_is_sent_described_and_seen_by_others(
    demo: Demo, visit: Visit, workflow: str, tmp_path: Path
) -> None:
    picture = tmp_path / "the plan.png"
    picture.write_bytes(png())
    page = opened(visit("builder"), workflow)
    write(page, "Look:\n")
    page.get_by_test_id("runbook-files").set_input_files(picture)
    shown = page.get_by_test_id("runbook-picture").locator("img")
    expect(shown).to_have_js_property("naturalWidth", 320, timeout=SOON_MS)
    shown.click()
    page.get_by_test_id("runbook-alt").fill("How the refunds flow")
    page.get_by_test_id("runbook-alt").press("Enter")
    expect(shown).to_have_attribute("alt", "How the refunds flow")
    saved(page)
    for name, content in (("x.svg", b"<svg/>"), ("big.png", png() + b"\x00" * (5 << 20))):
        wrong = tmp_path / name
        wrong.write_bytes(content)
        page.get_by_test_id("runbook-files").set_input_files(wrong)
        expect(page.get_by_test_id("toast")).to_contain_text(f"“{name}” is")
    reader = visit("operator").page
    reader.goto(f"/workflows/{workflow}/runbook/")
    image = reader.get_by_alt_text("How the refunds flow")
    expect(image).to_have_js_property("naturalWidth", 320, timeout=SOON_MS)


def test_who_only_looks_cannot_write(visit: Visit, demo: Demo, workflow: str) -> None:
    ben = opened(visit("builder"), workflow)
    write(ben, "[] Check this\n")
    saved(ben)
    page = visit("operator").page
    page.goto(f"/workflows/{workflow}/?runbook")
    expect(text(page)).to_contain_text("Check this", timeout=SOON_MS)
    expect(text(page)).to_have_attribute("contenteditable", "false")
    expect(page.get_by_role("toolbar", name="Text of the runbook")).to_have_count(0)
    expect(text(page).get_by_role("checkbox").first).to_be_disabled()
    text(page).click()
    page.keyboard.type("not mine to write")
    doc = document.load([])
    update = document.write_runbook(
        doc, {"content": [{"type": "paragraph", "content": [{"type": "text", "text": "evil"}]}]}
    )
    frame = [0, 2, *_varint(len(update)), *update]
    page.evaluate(SEND, [f"/ws/wf/{workflow}", frame])
    assert tree.text_of(runbook_of(demo, workflow)) == "Check this"


def test_what_a_stranger_writes_is_put_right(visit: Visit, demo: Demo, workflow: str) -> None:
    page = opened(visit("builder"), workflow)
    write(page, "Ours stays.")
    saved(page)
    doc = document.load([])
    with document.operations(doc) as done, doc.transaction():
        fragment = tree.fragment_of(doc)
        fragment.children.append(XmlText("loose letters, which no editor can show"))
        fragment.children.append(XmlElement("script")).children.append(XmlText("alert(1)"))
    update = document.merged(done)
    page.evaluate(SEND, [f"/ws/wf/{workflow}", [0, 2, *_varint(len(update)), *update]])
    expect(page.get_by_text("cannot be shown")).to_be_visible(timeout=SOON_MS)
    expect(text(page)).to_have_text("Ours stays.", timeout=SOON_MS)
    write(page, " Still.")
    saved(page)
    assert "Still." in tree.text_of(runbook_of(demo, workflow))


def test_what_is_pasted_is_cleaned(visit: Visit, demo: Demo, workflow: str) -> None:
    page = opened(visit("builder"), workflow)
    text(page).click()
    text(page).evaluate(PASTE, {"text/html": WORD, "text/plain": "x"})
    expect(text(page).locator("strong")).to_have_text("Bold")
    expect(text(page).locator("ul > li")).to_have_text(["First", "Second"])
    expect(text(page).locator("a")).to_have_attribute("href", "https://tracker.example/p.gif")
    expect(text(page).locator("img[src]")).to_have_count(0)
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    markdown = "## Steps\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n| c | d |\n\n```sh\nls\n```"
    text(page).evaluate(PASTE, {"text/plain": markdown})
    expect(text(page).locator("h3")).to_have_text("Steps")
    expect(text(page).locator("ol > li")).to_have_count(2)
    expect(text(page).locator("td")).to_have_text(["c", "d"])
    saved(page)
    kinds = [node["type"] for node in runbook_of(demo, workflow)["content"]]
    assert {"bullet_list", "heading", "ordered_list", "table", "code_block"} <= set(kinds)


def test_everything_goes_by_the_keyboard(visit: Visit, demo: Demo, workflow: str) -> None:
    page = visit("builder").page
    open_studio(page, workflow)
    page.locator(".canvas-root").focus()
    page.keyboard.press("r")
    expect(text(page)).to_be_focused()
    page.keyboard.type("# Alarm\nCall Ana. ")
    page.keyboard.type("/heading")
    expect(page.get_by_test_id("slash-menu")).to_be_visible()
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen).to_contain_text("Heading 2")
    assert text(page).get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    page.keyboard.press("Enter")
    expect(text(page).locator("h3")).to_contain_text("Call Ana.")
    page.keyboard.press("Shift+Tab")
    bold = page.get_by_test_id("tool-strong")
    expect(page.locator("[role=toolbar] button:focus")).to_have_count(1)
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(bold).to_be_focused()
    page.keyboard.press("Enter")
    expect(text(page)).to_be_focused()
    page.keyboard.type("now")
    expect(text(page).locator("strong")).to_have_text("now")
    page.keyboard.press("Control+Shift+k")
    page.get_by_test_id("runbook-href").fill("javascript:alert(1)")
    expect(page.get_by_text("Links lead to the web")).to_be_visible()
    page.keyboard.press("Escape")
    expect(text(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("runbook")).to_be_hidden()
    saved(page)


FULL = """# When refunds pile up

Ask **Olivia** first; she knows [the policy](https://example.com/policy). Then:

- [x] Stop the morning trigger
- [ ] Look at the queue

> Nobody is refunded twice.

| Who | When |
| --- | --- |
| Olivia | Weekdays |
| Ben | Nights |
"""


@pytest.mark.parametrize(("width", "height", "name"), [(1440, 900, "wide"), (390, 844, "phone")])
def test_everybody_can_read_and_write_it(
    visit: Visit, demo: Demo, workflow: str, width: int, height: int, name: str
) -> None:
    call(demo, f"workflows/{workflow}/runs/", {"inputs": {}, "version": "draft", "wait": 20})
    visitor = visit("owner", width=width, height=height)
    page = visitor.page
    page.goto(f"/workflows/{workflow}/?runbook")
    text(page).wait_for()
    _judge(page, f"empty, {name}")
    visitor.shot(f"runbook-{name}-empty")
    text(page).click()
    text(page).evaluate(PASTE, {"text/plain": FULL})
    page.keyboard.press("Control+End")
    choose(page, "ask the", "slash-step-ask")
    write(page, "/runs")
    page.locator("[data-testid^=slash-run-]").first.click()
    saved(page)
    write(page, "/")
    page.get_by_test_id("slash-menu").wait_for()
    _judge(page, f"menu, {name}")
    visitor.shot(f"runbook-{name}-menu")
    page.keyboard.press("Escape")
    page.keyboard.press("Backspace")
    _judge(page, f"written, {name}")
    visitor.shot(f"runbook-{name}")
    page.goto(f"/workflows/{workflow}/runbook/")
    page.locator("article.runbook").wait_for()
    _judge(page, f"to read, {name}")
    visitor.shot(f"runbook-{name}-read")


def _judge(page: Page, what: str) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = violations(page)
        assert not found, f"{what}, {scheme}: {found}"
    page.emulate_media(color_scheme="light")


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])
