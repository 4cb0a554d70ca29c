"""Another data key for a workspace, and how far it is with it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.credentials.data_keys.carrying import CHORE
from apps.dispatch import chores
from apps.vault import resealing, retiring
from apps.vault.models import DataKey
from apps.vault.services import current_key_id, rotate_data_key

MANAGE = "workspace.manage"


@dataclass(frozen=True)
class Standing:
    """Which key seals, which ones only open any more, and what they still hold."""

    current: DataKey
    retired: list[DataKey]
    left: dict[str, int]  # by the column; empty where all is sealed with the current key
    removable_at: datetime | None

    @property
    def count(self) -> int:
        """How much is left."""
        return sum(self.left.values())


def standing() -> Standing:
    """Return how the workspace stands."""
    key_id = current_key_id()
    retired = retiring.retired()
    left = resealing.left(key_id) if retired else {}
    return Standing(DataKey.objects.get(pk=key_id), retired, left, retiring.removable_at())


@transaction.atomic
def rotate(*, actor: User) -> DataKey:
    """Seal with a new key from now on, and have all that is sealed given to it. Raises Forbidden."""
    policies.require(actor, MANAGE)
    made = rotate_data_key()
    record("data_key.rotated", actor=actor, target=made)
    chores.add(CHORE, [made.pk])
    return made
