"""Whoever loses a workflow, or the right to edit it, is told so and loses no edit of theirs."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from apps.workflows.runbook import tree
from tests.e2e.conftest import Demo, Visitor
from tests.e2e.studio import kept_here
from tests.e2e.test_first_light import api
from tests.e2e.test_together import (
    DEFINITION,
    SOON_MS,
    come_back,
    config_of,
    go_offline,
    meeting,
    opened,
    settings_of,
)

Visit = Callable[..., Visitor]


@pytest.fixture
def key(demo: Demo) -> str:
    """An owner's key."""
    return demo.command("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "lost")


@pytest.fixture
def workflow(demo: Demo, key: str) -> str:
    """A workflow of three steps, by its id."""
    return str(api(demo, key, "workflows/", {"name": "Lost", "definition": DEFINITION})["id"])


@contextmanager
def as_viewer(demo: Demo, key: str, name: str) -> Iterator[None]:
    """Take a member's rights to edit, and give them back afterwards."""
    members = api(demo, key, "members/")["results"]
    member = next(each for each in members if each["name"] == name)
    _set_role(demo, key, member["id"], "viewer")
    yield
    _set_role(demo, key, member["id"], member["role"])


def _set_role(demo: Demo, key: str, member: str, role: str) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{demo.product.port}/api/v1/members/{member}/",
        data=json.dumps({"role": role}).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        method="PATCH",
    )
    with urllib.request.urlopen(request, timeout=30):
        pass


def test_a_right_that_is_lost_ends_the_editing(
    demo: Demo, visit: Visit, key: str, workflow: str
) -> None:
    builder, owner = meeting(visit, workflow, "builder", "owner")
    with as_viewer(demo, key, "Ben Builder"):
        note = builder.get_by_test_id("not-saved")
        expect(note).to_contain_text("You can no longer edit this workflow", timeout=SOON_MS)
        expect(note).to_contain_text("Everything that you edited is saved.")
        expect(owner.get_by_test_id("person")).to_have_count(0)
        note.get_by_role("button", name="Reload").click()
        expect(builder.get_by_text("View only")).to_be_visible()


def test_a_right_that_is_lost_while_away_leaves_the_edits_to_take_along(
    demo: Demo, visit: Visit, key: str, workflow: str, tmp_path: Path
) -> None:
    visitor = visit("builder")
    page = settings_of(opened(visitor, workflow), "draft")
    page.get_by_test_id("rail-runbook").click()
    page.get_by_test_id("runbook-text").wait_for()
    page.get_by_test_id("field-prompt").click()
    go_offline(visitor)
    page.keyboard.press("Control+End")
    page.keyboard.type(" Mine.")
    page.get_by_test_id("runbook-text").click()
    page.keyboard.type("Call Ana.")
    with as_viewer(demo, key, "Ben Builder"):
        come_back(visitor)
        note = page.get_by_test_id("not-saved")
        expect(note).to_contain_text("could not be saved", timeout=SOON_MS)
        visitor.shot("not-saved")
        with page.expect_download() as download:
            note.get_by_test_id("export-edits").click()
        download.value.save_as(tmp_path / "edits.json")
    exported = json.loads((tmp_path / "edits.json").read_text())
    imported = str(api(demo, key, "workflows/import/", exported)["id"])
    assert config_of(demo, key, imported)["config"]["prompt"] == "Write a reply. Mine."
    runbook = api(demo, key, f"workflows/{imported}/runbook/")["doc"]
    assert tree.text_of(runbook) == "Call Ana."
    assert config_of(demo, key, workflow)["config"]["prompt"] == "Write a reply."
    visitor.errors.clear()  # the browser logs refused requests


def test_edits_of_a_workflow_that_is_gone_are_taken_along_from_where_it_was(
    demo: Demo, visit: Visit, key: str, workflow: str, tmp_path: Path
) -> None:
    visitor = visit("builder")
    page = settings_of(opened(visitor, workflow), "draft")
    page.get_by_test_id("field-prompt").click()
    go_offline(visitor)
    page.keyboard.press("Control+End")
    page.keyboard.type(" Mine.")
    kept_here(page)
    page.goto("about:blank")
    for purge in ("", "?purge=true"):
        remove(demo, key, f"workflows/{workflow}/{purge}")
    come_back(visitor)
    page.goto(f"/workflows/{workflow}/")
    edits = page.get_by_role("region", name="Edits of yours are still on this device")
    expect(edits).to_be_visible()
    visitor.shot("left-edits")
    with page.expect_download() as download:
        edits.get_by_role("button", name="Download my edits").click()
    download.value.save_as(tmp_path / "edits.json")
    imported = api(
        demo, key, "workflows/import/", json.loads((tmp_path / "edits.json").read_text())
    )
    config = config_of(demo, key, str(imported["id"]))["config"]
    assert config["prompt"] == "Write a reply. Mine."
    edits.get_by_role("button", name="Discard my edits").click()
    expect(edits).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert page.evaluate("async () => (await indexedDB.databases()).length") == 0
    visitor.errors.clear()  # the browser logs that there is nothing


def remove(demo: Demo, key: str, path: str) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{demo.product.port}/api/v1/{path}",
        headers={"Authorization": f"Bearer {key}", "If-Match": "*"},
        method="DELETE",
    )
    with urllib.request.urlopen(request, timeout=30):
        pass
