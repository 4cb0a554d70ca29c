"""What tests of dispatch share."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection


@pytest.fixture
def frozen() -> Iterator[psycopg.Cursor]:
    """Somebody else's transaction, which stays open."""
    given = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    with psycopg.connect(**{name: given[name] for name in names if name in given}) as other:
        yield other.cursor()
        other.rollback()
