"""What happens to a connection between two users of it."""

from typing import Any

from psycopg import Connection


def reset(connection: Connection[Any]) -> None:
    """Take role and search path off a connection before the pool hands it on."""
    connection.autocommit = True
    connection.execute("RESET ROLE")
    connection.execute("RESET ALL")
