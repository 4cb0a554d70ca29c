"""The notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Tells people, in the product and by mail."""

    name = "apps.notifications"

    def ready(self) -> None:
        from apps.common.navigation import register_counter
        from apps.dispatch import chores
        from apps.egress.breakers import on_change
        from apps.notifications import (
            kinds,
            outages,
            policies,  # noqa: F401 - registers the policies
        )
        from apps.notifications.counts import unread_of
        from apps.notifications.models import Mail
        from apps.notifications.outbox import CHORE, context_of
        from apps.notifications.tasks import send_mails
        from apps.vault.resealing import register_column

        register_column(Mail, "sealed", context_of)
        kinds.register(*outages.KINDS)
        on_change(outages.hear)
        chores.register(CHORE, chores.once(send_mails))
        register_counter("notifications:list", unread_of)
