"""“Add a node type” of CONTRIBUTING.md, done literally: the new type is on the canvas."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.architecture.tree import files, name
from tests.e2e.conftest import Demo, Visitor, running
from tests.factories.contributing import write_node_type
from tests.factories.product import ROOT

NEEDED = ("apps/", "auterity/", "templates/", "static/site/", "manage.py")


@pytest.fixture(scope="module")
def code() -> Iterator[Path]:
    """A copy of the project with the page's files in it."""
    with TemporaryDirectory(prefix="auterity-code-") as folder:
        copy = Path(folder)
        for path in files():
            if name(path).startswith(NEEDED):
                (copy / name(path)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, copy / name(path))
        shutil.copytree(ROOT / "static/dist", copy / "static/dist")
        write_node_type(copy)
        yield copy


@pytest.fixture(scope="module")
def demo(code: Path) -> Iterator[Demo]:
    """The product of the copy, for every visit in this module."""
    with running(code) as found:
        yield found


def test_the_new_type_is_in_the_palette(code: Path, visit: Callable[..., Visitor]) -> None:
    source = write_node_type(code)[0].read_text()
    found = re.search(r'name, label, group, icon = "([a-z_.]+)", "([^"]+)"', source)
    assert found is not None
    type_name, label = found.groups()
    page = visit("builder").page
    page.goto("/workflows/")
    page.get_by_role("link", name="Nightly report").first.click()
    page.get_by_test_id("canvas-ready").wait_for(state="attached")
    page.get_by_test_id("rail-palette").click()
    page.get_by_test_id("palette-search").fill(label)
    before = page.get_by_test_id("workflow-node").count()
    page.get_by_test_id(f"palette-{type_name}").click()
    page.wait_for_function(
        "count => document.querySelectorAll('[data-testid=workflow-node]').length > count",
        arg=before,
    )
