"""No server is touched that the tests did not start: each part of the proof is asked for."""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.faults.ownership import MARK, NotOurs, Servers

pytestmark = pytest.mark.xdist_group("ownership")


@pytest.fixture
def servers() -> Iterator[Servers]:
    """The services that these tests run beside."""
    folder = Path(os.environ["AUTERITY_DATA"])
    if "TESTS_OF" in os.environ:
        folder = folder.parent  # one of several processes has a folder within that of the services
    made = Servers(folder, os.environ["DATABASE_URL"], settings.REDIS_URL).claim()
    yield made
    with made.superuser() as admin:
        admin.execute("DELETE FROM fault_mark WHERE mark = %s", [made.mark])
    with made.redis() as server:
        server.delete(f"{MARK}:{made.mark}")


def test_marked_servers_are_ours(servers: Servers) -> None:
    servers.prove_postgres()
    servers.prove_redis()


def test_a_server_of_another_folder_is_not(servers: Servers, tmp_path: Path) -> None:
    (tmp_path / "secrets").symlink_to(servers.folder / "secrets")
    other = dataclasses.replace(servers, folder=tmp_path)
    for refused in (other.claim, other.mark_redis, other.prove_postgres, other.prove_redis):
        with pytest.raises(NotOurs, match="another folder"):
            refused()


def test_a_server_without_our_mark_is_not(servers: Servers) -> None:
    other = dataclasses.replace(servers, mark="somebody else's")
    with pytest.raises(NotOurs, match="mark"):
        other.prove_postgres()
    with pytest.raises(NotOurs, match="mark"):
        other.empty_redis()
    with servers.redis() as server:
        assert server.exists(f"{MARK}:{servers.mark}")


@pytest.mark.parametrize("host", ["db.example", "10.0.0.7", "192.0.2.1"])
def test_a_server_elsewhere_is_not_even_asked(servers: Servers, host: str) -> None:
    other = dataclasses.replace(
        servers, database_url=f"postgres://u:p@{host}:5432/x", redis_url=f"redis://:p@{host}:6379/0"
    )
    for refused in (other.prove_postgres, other.prove_redis, other.empty_redis):
        with pytest.raises(NotOurs, match="not a port of this machine"):
            refused()
