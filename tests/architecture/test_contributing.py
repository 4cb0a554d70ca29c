"""What CONTRIBUTING.md says works when it is done literally."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files, name
from tests.factories.contributing import node_type_files, write_node_type

NEEDED = ("apps/", "auterity/", "tests/", "requirements/", "pyproject.toml", "manage.py")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project's code."""
    for path in files():
        if name(path).startswith(NEEDED):
            (tmp_path / name(path)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, tmp_path / name(path))
    return tmp_path


def _run(copy: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=copy, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def test_the_node_type_works_as_it_is_written(copy: Path) -> None:
    type_file, test_file = write_node_type(copy)
    type_name = re.search(r'name, label, group, icon = "([a-z_.]+)"', type_file.read_text())
    assert type_name
    output = _run(
        copy, "pytest", "-v", "-p", "no:randomly", "tests/nodes/test_contract.py", str(test_file)
    )
    assert f"test_its_example_is_valid[{type_name[1]}]" in output
    assert f"{test_file.name}::" in output
    for path in (type_file, test_file):
        _run(copy, "ruff", "check", "--quiet", str(path))
        _run(copy, "ruff", "format", "--check", "--quiet", str(path))
    shown = (
        "from apps.nodes.catalogue import catalogue; print([each['name'] for each in catalogue()])"
    )
    shell = [sys.executable, "manage.py", "shell", "--no-imports", "-c", shown]
    assert (
        type_name[1]
        in subprocess.run(shell, cwd=copy, check=True, capture_output=True, text=True).stdout
    )


def test_the_page_names_things_that_exist() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    named = set(
        re.findall(r"`((?:apps|tests|static|docs|requirements|templates)/[\w./-]+\.\w+)`", page)
    )
    missing = {path for path in named - set(node_type_files()) if not (ROOT / path).exists()}
    assert not missing
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", page)) <= targets
