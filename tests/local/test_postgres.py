"""Where the embedded cluster lives."""

import os
from pathlib import Path

import pytest

from apps.local import postgres
from apps.local.postgres import Postgres


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A data folder below one that only its owner may enter, as a home is."""
    tmp_path.chmod(0o700)
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def test_a_cluster_that_is_there_is_never_left_for_an_empty_one(closed: Path) -> None:
    """Rights of a parent folder may change; the answer is then a message, not a new database."""
    (closed / "postgres" / "data").mkdir(parents=True)
    if os.geteuid() != 0:
        assert Postgres(closed).folder == closed / "postgres"
        return
    with pytest.raises(RuntimeError, match=r"chmod o\+x"):
        Postgres(closed)


def test_a_closed_home_gets_its_cluster_where_its_server_may_go(
    closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "SYSTEM_FOLDER", tmp_path / "system")
    found = Postgres(closed).folder
    if os.geteuid() != 0:
        assert found == closed / "postgres"
        return
    assert found.parent == tmp_path / "system"
    (found / "data").mkdir(parents=True)
    tmp_path.chmod(0o755)
    assert Postgres(closed).folder == found
