"""One product for the tests that do not end it; each test that does starts its own."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from apps.local.processes import wait_until
from apps.local.temporary import temporary_folder
from tests.factories.prepared import prepared_folder
from tests.factories.product import Product


@pytest.fixture(scope="package")
def product() -> Iterator[Product]:
    """The whole product, started cold."""
    with temporary_folder() as folder:
        running = Product(folder).start()
        yield running
        running.stop()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder of the test's own, in which a product was started before."""
    with prepared_folder() as found:
        yield found


@pytest.fixture
def database() -> Iterator[str]:
    """The address of an empty database on the server that the tests run on."""
    address = urlsplit(os.environ["DATABASE_URL"])
    name = f"given_{os.getpid()}"
    with psycopg.connect(address.geturl(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
        yield address._replace(path=f"/{name}").geturl()
        assert wait_until(lambda: _is_dropped(connection, name), seconds=60)


def _is_dropped(connection: psycopg.Connection, name: str) -> bool:
    """Drop a database, whoever is in it; only autovacuum may be ended by superusers alone."""
    try:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True
