"""Temporary folders, and what is left of those whose users were killed."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from apps.local.temporary import temporary_folder
from tests.factories.product import ROOT

USER = """
import sys
from apps.local.temporary import temporary_folder
with temporary_folder() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def user() -> "tuple[subprocess.Popen[str], Path]":
    """Start a process that uses a folder; return both."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_folder_ends_with_its_user(tmp_path: Path) -> None:
    with temporary_folder() as folder:
        assert folder.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_the_next_user_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    killed, left = user()
    with killed:
        killed.kill()
    (left / "data").mkdir()
    living, used = user()
    with living, temporary_folder() as folder:
        assert set(tmp_path.iterdir()) == {used, folder}


def test_what_others_made_stays(tmp_path: Path) -> None:
    made = tmp_path / "auterity-by-hand"
    made.mkdir()
    with temporary_folder():
        assert made.is_dir()
