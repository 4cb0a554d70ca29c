"""Connections that lie in the pool while their server is restarted."""

import os

import psycopg

from apps.tenants.backend.pool import is_alive


def test_one_that_was_ended_is_noticed_without_asking_the_others() -> None:
    address = os.environ["DATABASE_URL"]
    with psycopg.connect(address, autocommit=True) as lasting:
        ended = psycopg.connect(address, autocommit=True)
        assert is_alive(ended)
        lasting.execute("SELECT pg_terminate_backend(%s, 5000)", [ended.info.backend_pid])
        assert not is_alive(ended)
        assert is_alive(lasting)
        ended.close()


def test_one_with_something_to_read_is_asked_before_it_is_thrown_away() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as listening:
        listening.execute("LISTEN something")
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
            other.execute("NOTIFY something")
        assert is_alive(listening)
