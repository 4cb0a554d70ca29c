"""Who sees notifications and mails."""

from apps.accounts import policies
from apps.accounts.models import User
from apps.accounts.policies import Policy, Rows, register
from apps.notifications.models import Mail, Notification


@register(Notification)
class NotificationPolicy(Policy):
    """Notifications are their person's alone."""

    resource = "notification"

    def visible(self, actor: User, queryset: Rows) -> Rows:
        return queryset.filter(user=actor)


@register(Mail)
class MailPolicy(Policy):
    """The outbox is seen by those who manage people."""

    resource = "mail"

    def visible(self, actor: User, queryset: Rows) -> Rows:
        return queryset if policies.holds(actor, "member.manage") else queryset.none()
