"""Telling those who decide about support access."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.urls import reverse

from apps.accounts.models import User
from apps.notifications import services as notifications
from apps.notifications.kinds import Kind
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from apps.tenants.addresses import workspace_url
from apps.tenants.context import current_tenant

if TYPE_CHECKING:
    from apps.operators.models import SupportAccess

ASKED, ENDED = "support.asked", "support.ended"
KINDS = (
    Kind(ASKED, "Platform support asks to be let in", "When staff want to look", "life-buoy"),
    Kind(ENDED, "Platform support is out again", "However it ended", "life-buoy", is_mailed=False),
)
SITE = "auterity.urls"


def tell_asked(access: "SupportAccess", people: Sequence[User]) -> None:
    """Tell those who may let in, also by mail."""
    path = reverse("operators:support", urlconf=SITE)
    title = f"Platform support ({access.staff_email}) asks to be let in"
    base = workspace_url(current_tenant())
    notices = []
    for user in people:
        context = {
            "user": str(user),
            "staff": access.staff_email,
            "hours": access.hours,
            "reason": access.reason,
            "link": base + path,
            "settings": base + reverse("notifications:preferences", urlconf=SITE),
        }
        letter = Letter("support", title, context)
        notices.append(Notice(user, title, text=access.reason, path=path, letter=letter))
    notifications.tell(notices, kind=ASKED, key=f"{ASKED}:{access.pk}", about=access.pk)


def tell_ended(access: "SupportAccess", people: Sequence[User]) -> None:
    """Tell them that nobody is in any more; the wish needs nobody any longer."""
    notifications.settle(access.pk)
    path = reverse("operators:support", urlconf=SITE)
    title = f"Platform support ({access.staff_email}) has no access any more"
    notices = [Notice(user, title, path=path) for user in people]
    notifications.tell(notices, kind=ENDED, key=f"{ENDED}:{access.pk}")
