"""One product for the tests that do not end it; each test that does starts its own."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.factories.product import Product


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The whole product, started cold."""
    running = Product(_reachable(tmp_path_factory.mktemp("product"))).start()
    yield running
    running.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder of the test's own."""
    return _reachable(tmp_path)


def _reachable(folder: Path) -> Path:
    """Let any user look into it: under root, embedded PostgreSQL runs as nobody."""
    for place in (folder, *folder.parents[:2]):
        place.chmod(0o755)
    return folder


@pytest.fixture
def database() -> Iterator[str]:
    """The address of an empty database on the server that the tests run on."""
    address = urlsplit(os.environ["DATABASE_URL"])
    name = f"given_{os.getpid()}"
    with psycopg.connect(address.geturl(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
        yield address._replace(path=f"/{name}").geturl()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
