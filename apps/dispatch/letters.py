"""Messages that no worker can act on: kept for the operator, few and short, and never in the way.

A doorbell only names a run, so nothing is lost with one; but somebody who writes into the broker is
worth knowing about. What a message held is shown without anything that may be a secret.
"""

import logging
import os
import re
import socket

from django.db import DatabaseError, connection

from apps.dispatch.models import DeadLetter
from apps.tenants.context import public_scope

logger = logging.getLogger(__name__)

KEPT = 1_000
SAMPLE = 500
# Whatever is long enough to be a key, and whatever follows a word that announces one.
SECRET = re.compile(
    r"(?i)((?:password|passwd|secret|token|key|authorization)\W{1,5})\S+|[\w+/=-]{20,}"
)
UNPRINTABLE = re.compile(r"[^ -~]+")

COUNT = """
INSERT INTO dispatch_pulse (id, sweep_ms, room, turn, admitted, rung, buried)
VALUES (1, 0, 1, 0, 0, 0, 1)
ON CONFLICT (id) DO UPDATE SET buried = dispatch_pulse.buried + 1
"""
PRUNE = """
DELETE FROM dispatch_deadletter WHERE id IN (
    SELECT id FROM dispatch_deadletter ORDER BY at DESC OFFSET %(kept)s
)
"""


def bury(reason: str, *, task: str = "", body: bytes | str = b"") -> None:
    """Keep a message that was taken off the queue; without a database the log alone tells of it."""
    text = body if isinstance(body, str) else body.decode("latin-1")
    logger.warning("A message is put aside: %s %s", reason, _shown(task)[:100])
    try:
        with public_scope(), connection.cursor() as cursor:
            DeadLetter.objects.create(
                reason=reason,
                task=_shown(task)[:100],
                size=len(text),
                sample=_shown(text[: 4 * SAMPLE])[:SAMPLE],
                worker=f"{socket.gethostname()}:{os.getpid()}"[:140],
            )
            cursor.execute(COUNT)
            cursor.execute(PRUNE, {"kept": KEPT})
    except DatabaseError as error:
        logger.warning("It is not kept, the database is away: %s", error)


def _shown(text: str) -> str:
    return SECRET.sub(r"\1[hidden]", UNPRINTABLE.sub(" ", text))
