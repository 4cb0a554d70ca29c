"""What happens to a connection between two users of it."""

from select import POLLIN, poll
from typing import Any

from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool


def reset(connection: Connection[Any]) -> None:
    """Take role and search path off a connection before the pool hands it on."""
    connection.autocommit = True
    connection.execute("RESET ROLE")
    connection.execute("RESET ALL")


def is_alive(connection: Connection[Any]) -> bool:
    """Tell whether an idle connection still has its server.

    One that is silent has; only one with something to read, most likely the end, is asked.
    """
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN)
    if not waiting.poll(0):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        return False
    return True
