"""Data keys that seal no more: they go when nothing is left that they sealed."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.vault import resealing
from apps.vault.models import DataKey
from apps.vault.services import current_key_id
from apps.vault.signing import keep_verifying

# Longer than any transaction, page or mail that was under way when the key was retired.
GRACE = timedelta(hours=24)


def retired() -> list[DataKey]:
    """Return the keys that only open, the oldest first."""
    return list(DataKey.objects.exclude(retired_at=None).order_by("retired_at"))


def removable_at() -> datetime | None:
    """Return when the last of the retired keys may go; None where there is none."""
    moments = [key.retired_at for key in retired() if key.retired_at]
    return max(moments) + GRACE if moments else None


@transaction.atomic
def remove_unused() -> int:
    """Delete retired keys past their grace, if nothing is left that they sealed; return how many."""
    if resealing.left(current_key_id()):
        return 0
    gone = DataKey.objects.filter(retired_at__lt=timezone.now() - GRACE)
    for data_key in gone:
        keep_verifying(data_key)
    return gone.delete()[0]
