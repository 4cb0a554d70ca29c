"""`python -m bench.canvas [nodes ...]`: how fast the canvas stands, and how smoothly it follows the hand.

A workflow of 100, 1,000 and 5,000 steps, each opened near (zoom 0.8) and fitted. One line of JSON
for each: milliseconds and CPU until the canvas is ready, heap, elements; frames while a step is
dragged, while everything that is selected is dragged, and while the view is moved: the middle and
the 95th of a hundred. Browser and product share the machine, so compare CPU, not the clock.
"""

import json
import math
import shutil
import statistics
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from apps.common.types import JSONDict
from apps.local.temporary import temporary_folder
from bench.product import Running, running

SIZES = (100, 1_000, 5_000)
COLUMNS, ACROSS, DOWN = 40, 310, 170
SECOND_EDGE_EVERY = 3  # about 1.3 edges for each step
STEPS, BETWEEN_MS = 60, 16
NEAR = {"x": 0, "y": 0, "zoom": 0.8}
WINDOW = {"width": 1440, "height": 900}
SESSION = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from apps.accounts.services import add_member
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
with public_scope():
    tenant = Tenant.objects.get(slug="demo")
with tenant_context(tenant):
    user = add_member(email="canvas@bench.example", name="Bench", role="owner")
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
print(f"{user.pk}:{settings.SESSION_COOKIE_NAME}={session.session_key}")
"""
FRAMES = """
() => {
  window.frames_ = [];
  let before = performance.now();
  const note = (now) => {
    window.frames_.push(now - before);
    before = now;
    window.noting = requestAnimationFrame(note);
  };
  window.noting = requestAnimationFrame(note);
}
"""
TOLD = "() => { cancelAnimationFrame(window.noting); return window.frames_.slice(1); }"


def main() -> None:
    sizes = [int(each) for each in sys.argv[1:]] or SIZES
    with temporary_folder() as data, running(data) as product, chromium() as browser:
        key = product.command(
            "create_api_key", "--tenant", "demo", "--role", "owner", "--name", "bench"
        )
        person, cookie = product.command("shell", "-v", "0", "-c", SESSION).split(":", 1)
        for size in sizes:
            workflow = make(product, key, size)
            for view in ("near", "fit"):
                seen = NEAR if view == "near" else whole(size)
                found = measure(browser, product, cookie, person, workflow, seen)
                print(json.dumps({"bench": "canvas", "nodes": size, "view": view, **found}))


@contextmanager
def chromium() -> Iterator[Browser]:
    """Lend a browser."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def make(product: Running, key: str, size: int) -> str:
    """Make a workflow of that many steps in rows; return its id."""
    nodes: list[JSONDict] = [
        {
            "id": f"n_{n}", "type": "data.transform" if n else "core.start", "title": f"Step {n}",
            "position": [n % COLUMNS * ACROSS, n // COLUMNS * DOWN],
            "config": {"fields": [{"name": "x", "value": "{{ prev }}"}] if n else []},
        }
        for n in range(size)
    ]  # fmt: skip
    edges = [{"source": f"n_{n - 1}", "target": f"n_{n}"} for n in range(1, size)]
    edges += [
        {"source": f"n_{n - COLUMNS}", "target": f"n_{n}"}
        for n in range(COLUMNS, size, SECOND_EDGE_EVERY)
    ]
    definition = {"schema": 1, "nodes": nodes, "edges": edges, "settings": {}}
    request = urllib.request.Request(
        f"http://127.0.0.1:{product.port}/api/v1/workflows/",
        data=json.dumps({"name": f"{size} steps", "definition": definition}).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return str(json.load(answer)["id"])


def whole(size: int) -> JSONDict:
    """Return the view that shows all steps."""
    rows = -(-size // COLUMNS)
    zoom = min(WINDOW["width"] / (COLUMNS * ACROSS), WINDOW["height"] / (rows * DOWN), 1)
    return {"x": 0, "y": 0, "zoom": zoom * 0.9}


def measure(
    browser: Browser, product: Running, cookie: str, person: str, workflow: str, seen: JSONDict
) -> JSONDict:
    """Open a workflow in a new browser window and move things about."""
    base = f"http://localhost:{product.port}"
    context = browser.new_context(base_url=base, viewport=WINDOW)  # type: ignore[arg-type]  # a dict is one
    name, value = cookie.split("=", 1)
    context.add_cookies([{"name": name, "value": value, "url": base}])
    page = context.new_page()
    stored = json.dumps(f"auterity-view-{person}-{workflow}"), json.dumps(json.dumps(seen))
    page.add_init_script(f"localStorage.setItem({stored[0]}, {stored[1]})")
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto(f"/workflows/{workflow}/")
    page.get_by_test_id("canvas-ready").wait_for(state="attached", timeout=60_000)
    found = standing(page, session)
    page.locator("[data-testid=save-state][data-state=saved]").wait_for(timeout=60_000)
    found |= told("drag", page, session, drag)
    found |= told("pan", page, session, pan)
    page.locator(".canvas-root").focus()
    page.keyboard.press("Control+a")
    found |= told("drag_all", page, session, drag)
    context.close()
    return found


def standing(page: Page, session: CDPSession) -> JSONDict:
    """Return what the canvas took until it stood, and what it holds."""
    took = page.evaluate("performance.getEntriesByName('canvas-ready')[0].startTime")
    metrics = metrics_of(session)
    return {
        "ready_ms": round(took),
        "ready_cpu_ms": round(metrics["TaskDuration"] * 1000),
        "heap_mb": round(metrics["JSHeapUsedSize"] / 2**20, 1),
        "elements": page.evaluate("document.querySelectorAll('.canvas *').length"),
    }


def told(name: str, page: Page, session: CDPSession, gesture: Any) -> JSONDict:
    """Return the frames of a gesture, and the CPU of each."""
    page.evaluate(FRAMES)
    before = metrics_of(session)["TaskDuration"]
    gesture(page)
    cpu = metrics_of(session)["TaskDuration"] - before
    frames = page.evaluate(TOLD)
    return {
        f"{name}_p50_ms": round(statistics.median(frames)),
        f"{name}_p95_ms": round(statistics.quantiles(frames, n=20)[-1]),
        f"{name}_cpu_ms_per_frame": round(cpu * 1000 / len(frames), 1),
    }


def drag(page: Page) -> None:
    """Drag whatever stands in the middle of the window, and put it back."""
    x, y = step_near_the_middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    for place in range(STEPS):
        page.mouse.move(x + place * 2, y + place)
        time.sleep(BETWEEN_MS / 1000)
    page.mouse.move(x, y)
    page.mouse.up()


def step_near_the_middle(page: Page) -> tuple[float, float]:
    """Return where a step can be taken hold of; far away it becomes an element when pointed at."""
    boxes = [each.bounding_box() for each in page.get_by_test_id("workflow-node").all()]
    places = [(box["x"] + box["width"] / 2, box["y"] + 12) for box in boxes if box]
    middle = WINDOW["width"] / 2, WINDOW["height"] / 2
    return min(places, key=lambda place: math.dist(place, middle), default=middle)


def pan(page: Page) -> None:
    """Move the view there and back."""
    page.mouse.move(WINDOW["width"] / 2, WINDOW["height"] / 2)
    for place in range(STEPS):
        page.mouse.wheel(20 if place < STEPS / 2 else -20, 12)
        time.sleep(BETWEEN_MS / 1000)


def metrics_of(session: CDPSession) -> dict[str, float]:
    """Return the browser's own counters of the page."""
    listed = session.send("Performance.getMetrics")["metrics"]
    return {each["name"]: float(each["value"]) for each in listed}


if __name__ == "__main__":
    main()
