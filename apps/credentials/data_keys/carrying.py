"""Giving all that is sealed to the current data key: a chore that goes on where it stopped."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from apps.audit.services import record
from apps.common.errors import Unavailable
from apps.dispatch import carrying, chores, workers
from apps.vault import resealing, retiring
from apps.vault.services import current_key_id

logger = logging.getLogger(__name__)

CHORE = "vault.reseal"
AGAIN = timedelta(minutes=10)  # what was sealed meanwhile with the key before is looked at again


def carry(key_id: UUID) -> None:
    """Seal all again with a key, if it is still the current one. Safe to deliver twice."""
    if key_id != current_key_id():
        chores.done(CHORE, [key_id])
        return
    try:
        for _ in resealing.reseal(key_id):
            carrying.hold(CHORE, key_id)
            if workers.draining.is_set():
                return
    except Unavailable as error:  # the file storage is away
        logger.warning("Sealing again waits: %s", error.detail)
        carrying.hold(CHORE, key_id)
        return
    _finish(key_id)


@transaction.atomic
def _finish(key_id: UUID) -> None:
    """Let the keys before go, or come again when they may."""
    if removed := retiring.remove_unused():
        record("data_key.removed", actor=None, after={"keys": removed})
    due = retiring.removable_at()
    if due is None:
        chores.done(CHORE, [key_id])
    else:
        chores.postpone(CHORE, key_id, max(due, chores.now() + AGAIN))
