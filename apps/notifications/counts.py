"""The number at the bell."""

from apps.accounts.models import User
from apps.notifications.models import Notification

MOST = 100  # more is not counted: the bell says 99+


def unread_of(user: User) -> int:
    """Return how much a person has not looked at, up to a hundred."""
    return Notification.objects.unread().filter(user=user)[:MOST].count()
