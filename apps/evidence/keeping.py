"""How long packs are kept: by a rule of their own, never while a legal hold keeps the workspace."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from apps.evidence.models import Pack
from apps.evidence.services import let_go
from apps.retention import holds
from apps.retention.classes import DataClass, Kind


class Packs(DataClass):
    """Evidence packs that are written or were given up; what they tell of has rules of its own."""

    kind = Kind(
        "Evidence packs",
        "Files of evidence that somebody asked for. They can be written anew as long as what they tell of is kept.",
        default_days=400,
    )
    batch = 5

    def over(self, before: datetime) -> list[UUID]:
        if holds.everything_is_held():
            return []
        old = Pack.objects.exclude(status__in=Pack.UNFINISHED).filter(created_at__lt=before)
        return list(old.order_by("pk").values_list("pk", flat=True)[: self.batch])

    def delete(self, ids: Sequence[UUID]) -> None:
        let_go(list(ids))
        Pack.objects.filter(pk__in=ids).delete()
