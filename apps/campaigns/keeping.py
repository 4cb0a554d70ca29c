"""How long access reviews are kept: evidence, so that any hold keeps all of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from apps.campaigns.models import Campaign
from apps.retention import holds
from apps.retention.classes import DataClass, Kind


class Campaigns(DataClass):
    """Access reviews that are over, with all that was decided; the trail has a rule of its own."""

    kind = Kind(
        "Access reviews",
        "Closed and cancelled access reviews with every decision. Those that are open stay.",
        default_days=2555,
        minimum_days=365,
    )
    batch = 5

    def over(self, before: datetime) -> list[UUID]:
        if holds.anything_is_held():
            return []
        old = Campaign.objects.filter(status__in=Campaign.ENDED, closed_at__lt=before)
        return list(old.order_by("closed_at", "pk").values_list("pk", flat=True)[: self.batch])

    def delete(self, ids: Sequence[UUID]) -> None:
        Campaign.objects.filter(pk__in=ids).delete()
