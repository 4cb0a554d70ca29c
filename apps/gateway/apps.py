"""The gateway app."""

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    """RelayCore: the one way from the product to a model."""

    name = "apps.gateway"

    def ready(self) -> None:
        from apps.accounts import belongings
        from apps.dispatch import chores
        from apps.gateway import (
            alarms,
            outlook,
            policies,  # noqa: F401 - registers the policies
            receivers,
            tasks,
            workers,  # noqa: F401 - starts the ledger's writer
        )
        from apps.gateway.budgets import alerts
        from apps.gateway.cache import ahead
        from apps.gateway.models import Credential, KeptBody
        from apps.gateway.prices import retiring
        from apps.gateway.routes import sharing
        from apps.gateway.targets import decline, granted
        from apps.gateway.virtual_keys.handing_over import VouchedKeys
        from apps.notifications import kinds
        from apps.tenants.provisioning import restrict_table
        from apps.vault.resealing import register_column

        belongings.register(VouchedKeys())
        register_column(Credential, "sealed", lambda key: key.context)
        register_column(KeptBody, "sealed", lambda body: body.context)
        receivers.connect()
        kinds.register(*alarms.KINDS)
        sharing.on_news(decline.watch)
        # What a call cost is never altered afterwards.
        restrict_table("gateway_llmcall", "SELECT, INSERT, DELETE")
        kinds.register(*alerts.KINDS, retiring.KIND)
        chores.register(outlook.CHORE, chores.once(tasks.look_at_retiring))
        chores.register(outlook.ADVICE, chores.once(tasks.look_for_advice))
        chores.register(ahead.CHORE, chores.for_each(tasks.ask_ahead))
        granted.on_trouble(tasks.call_tell_staff)
        restrict_table("gateway_routeversion", "SELECT, INSERT, DELETE")
        restrict_table("gateway_promptversion", "SELECT, INSERT, DELETE")
