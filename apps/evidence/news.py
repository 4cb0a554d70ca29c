"""Telling who asked for a pack that it can be fetched."""

from django.urls import reverse

from apps.evidence.models import Pack
from apps.notifications import services as notifications
from apps.notifications.kinds import Kind
from apps.notifications.services import Notice

WRITTEN = "evidence.written"
KINDS = (
    Kind(WRITTEN, "Evidence packs", "When one that you asked for is written", "clipboard", is_mailed=False),
)  # fmt: skip


def tell_written(pack: Pack) -> None:
    """Tell who asked for it."""
    if pack.asked_by is None or not pack.asked_by.is_active:
        return
    text = pack.wrong and f"The audit trail does not hold: {pack.wrong}"
    path = reverse("evidence:list", urlconf="auterity.urls")
    notice = Notice(pack.asked_by, f"{pack} is written", text, path)
    notifications.tell([notice], kind=WRITTEN, key=f"{WRITTEN}:{pack.pk}")
