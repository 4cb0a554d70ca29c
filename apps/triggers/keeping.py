"""How long it is known what triggers were asked for, besides how much of it a trigger keeps."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from apps.retention import holds
from apps.retention.classes import DataClass, Kind
from apps.triggers.models import Delivery


class Deliveries(DataClass):
    """What came of calls, fire times and events; what waits or goes on stays, and so do the runs."""

    kind = Kind(
        "Deliveries of triggers",
        "What webhooks, schedules and events brought, and what came of it. Runs have their own rule.",
        default_days=30,
    )
    batch = 500

    def over(self, before: datetime) -> list[UUID]:
        if holds.everything_is_held():
            return []
        old = Delivery.objects.settled().filter(created_at__lt=before)
        kept = old.exclude(trigger__workflow__in=holds.held_workflows())
        return list(kept.order_by("pk").values_list("pk", flat=True)[: self.batch])

    def delete(self, ids: Sequence[UUID]) -> None:
        Delivery.objects.filter(pk__in=ids).delete()
