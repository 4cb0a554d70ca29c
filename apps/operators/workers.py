"""What each worker process does beside its tasks: once a minute it looks what is due."""

import logging

from django.db import Error as DatabaseError
from django.db import connection

from apps.dispatch import rounds
from apps.operators import deleting, support
from apps.tenants.context import public_scope

logger = logging.getLogger(__name__)


def go_round() -> None:
    """Close support accesses that are over, and carry deletions on."""
    try:
        support.close_over()
        deleting.carry_due()
    except DatabaseError as error:
        logger.warning(
            "Support accesses and deletions wait for the database: %s", str(error).strip()
        )
    finally:
        with public_scope():
            connection.close()


rounds.register("operators", go_round, pause_s=60)
