"""Evidence packs for the walk: one that is written, and one that waits."""

from datetime import timedelta

from django.utils import timezone

from apps.accounts.models import User
from apps.evidence import services, writing


def make(owner: User, admin: User) -> dict[str, str]:
    """Ask for them and return their ids; each person has one at a time."""
    period = {"since": timezone.now() - timedelta(days=1), "until": timezone.now()}
    pack = services.start_pack(actor=owner, **period)
    writing.carry(pack.pk)
    waiting = services.start_pack(actor=admin, **period)
    return {"pack": str(pack.pk), "stopped_pack": str(waiting.pk)}
