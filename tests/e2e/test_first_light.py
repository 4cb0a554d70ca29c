"""The main job in two browsers: a builder runs the ticket triage, an approver decides, both see it.

The screenshots of the documentation are taken here.
"""

import json
import re
import urllib.request
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo, Visitor

Visit = Callable[..., Visitor]
LONG_MS = 60_000

# Notes each status that a step or the run shows, in the order in which people see them.
WATCH = """
() => {
  window.seen = [];
  const look = () => {
    const run = document.querySelector("[data-testid=run-status]")?.dataset.status ?? "";
    for (const step of document.querySelectorAll("[data-testid=workflow-node]")) {
      const entry = [step.dataset.nodeId, step.dataset.status ?? "", run];
      const last = window.seen.findLast((each) => each[0] === entry[0]);
      if (!last || last[1] !== entry[1]) window.seen.push(entry);
    }
  };
  new MutationObserver(look).observe(document.body, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["data-status"],
  });
  look();
}
"""


def api(demo: Demo, key: str, path: str, body: Any = None) -> Any:
    """Call the API as a program does."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{demo.product.port}/api/v1/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=90) as answer:
        return json.load(answer)


def open_sample(visitor: Visitor, name: str) -> Page:
    page = visitor.page
    page.goto(f"/workflows/?q={name}")
    page.get_by_role("link", name=name).first.click()
    page.get_by_test_id("canvas-ready").wait_for(state="attached")
    return page


def test_triage_from_the_canvas_to_the_approved_refund(demo: Demo, visit: Visit) -> None:
    builder, approver = visit("builder"), visit("operator")
    page = open_sample(builder, "Support ticket triage")
    page.evaluate(WATCH)
    page.get_by_test_id("run-button").click()
    page.get_by_test_id("run-start").click()
    status = page.get_by_test_id("run-status")
    expect(status).to_have_attribute("data-status", "waiting", timeout=LONG_MS)
    builder.shot("studio-waiting")

    approver.page.goto("/approvals/")
    approver.shot("approvals")
    approver.page.get_by_role("button", name="Approve", exact=True).click()
    expect(status).to_have_attribute("data-status", "succeeded", timeout=LONG_MS)
    seen = page.evaluate("window.seen")
    live = {
        node for node, state, run in seen if state == "running" and run in ("running", "queued")
    }
    done = {node for node, state, run in seen if state == "succeeded" and run != "succeeded"}
    assert len(live & done) >= 3, seen

    page.get_by_test_id("workflow-node").filter(has_text="Find the details").click()
    page.get_by_test_id("tab-output").click()
    builder.shot("studio")

    key = demo.command("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "e2e")
    run = api(demo, key, "runs/")["results"][0]
    calls = api(demo, key, f"gateway/calls/?run={run['id']}")["results"]
    assert calls
    spent = sum((Decimal(call["cost_usd"] or 0) for call in calls), Decimal(0))
    assert Decimal(run["cost_usd"]) == spent
    shown = re.sub(r"[^\d.]", "", page.get_by_test_id("run-cost").inner_text())
    assert Decimal(shown or "0") == spent.quantize(Decimal("0.0001"))

    page.goto(f"/runs/{run['id']}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Support ticket triage")
    builder.shot("run")


def test_a_program_creates_a_workflow_and_runs_it(demo: Demo) -> None:
    key = demo.command("create_api_key", "--tenant", "demo", "--role", "builder", "--name", "curl")
    definition = {
        "schema": 1,
        "nodes": [
            {
                "id": "start", "type": "core.start",
                "config": {"fields": [{"name": "who", "type": "text", "required": True}]},
            },
            {"id": "answer", "type": "core.respond", "config": {"body": "Hello {{ input.who }}"}},
        ],
        "edges": [{"source": "start", "target": "answer"}],
        "settings": {},
    }  # fmt: skip
    made = api(demo, key, "workflows/", {"name": "From a program", "definition": definition})
    started = {"inputs": {"who": "Ada"}, "version": "draft", "wait": 30}
    run = api(demo, key, f"workflows/{made['id']}/runs/", started)
    assert (run["status"], run["outputs"]) == ("succeeded", "Hello Ada")


def test_three_clicks_to_the_first_green_run(visit: Visit) -> None:
    visitor = visit("builder")
    page = open_sample(visitor, "Nightly report")
    page.get_by_test_id("run-button").click()
    page.get_by_test_id("run-start").click()
    expect(page.get_by_test_id("run-status")).to_have_attribute(
        "data-status", "succeeded", timeout=LONG_MS
    )
