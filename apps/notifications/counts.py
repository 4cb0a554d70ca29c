"""The number at the bell."""

from apps.accounts.models import User
from apps.common.navigation import bounded
from apps.notifications.models import Notification


def unread_of(user: User) -> int:
    """Return how much a person has not looked at, up to a hundred."""
    return bounded(Notification.objects.unread().filter(user=user))
