"""The budget of the studio's entry is counted over what it needs at once, and kept."""

import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType

import pytest

from tests.factories.product import ROOT


@pytest.fixture
def budget() -> ModuleType:
    """The module beside the studio, which is no package of ours."""
    spec = importlib.util.spec_from_file_location("budget", ROOT / "static/studio/budget.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def built(folder: Path, entry: int, shared: int, later: int) -> Path:
    """Return a build whose files have so many bytes that no compression makes fewer."""
    sizes = {"entry.js": entry, "shared.js": shared, "later.js": later}
    for name, size in sizes.items():
        (folder / name).write_bytes(os.urandom(size))
    chunks = {
        "src/entries/studio.tsx": {"file": "entry.js", "imports": ["_shared"], "dynamicImports": ["later"]},
        "_shared": {"file": "shared.js", "imports": ["src/entries/studio.tsx"]},
        "later": {"file": "later.js", "imports": ["_shared"]},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(chunks))
    return folder


def test_what_is_fetched_later_counts_for_nothing(budget: ModuleType, tmp_path: Path) -> None:
    fits, words = budget.check(built(tmp_path, 150_000, 50_000, 300_000))
    assert fits
    assert "in 2 files" in words
    assert "later.js" in words


def test_too_much_is_told_with_the_sizes(budget: ModuleType, tmp_path: Path) -> None:
    fits, words = budget.check(built(tmp_path, 150_000, 100_000, 10))
    assert not fits
    assert "entry.js" in words
    assert "too much" in words
