"""What Python runs at each start is known, here and where the product is installed."""

import shutil
import sysconfig
from pathlib import Path

from apps.common import startup_files

HERE = Path(sysconfig.get_path("purelib"))


def test_nothing_unknown_runs_here() -> None:
    assert startup_files.check() == []


def test_what_no_package_of_ours_brought_is_named(tmp_path: Path) -> None:
    known = tmp_path / "distutils-precedence.pth"
    shutil.copy(HERE / known.name, known)
    assert startup_files.unknown([tmp_path]) == []
    (tmp_path / "litellm_init.pth").write_text("import os")
    assert startup_files.unknown([tmp_path]) == [tmp_path / "litellm_init.pth"]
    known.write_text(f"{known.read_text()}import os")
    assert len(startup_files.unknown([tmp_path])) == 2  # the name alone makes nothing known
