"""The gateway app."""

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    """RelayCore: the one way from the product to a model."""

    name = "apps.gateway"

    def ready(self) -> None:
        from apps.gateway import (
            alarms,
            decline,
            policies,  # noqa: F401 - registers the policies
            receivers,
        )
        from apps.gateway.routes import sharing
        from apps.notifications import kinds
        from apps.tenants.provisioning import restrict_table

        receivers.connect()
        kinds.register(*alarms.KINDS)
        sharing.on_news(decline.watch)
        # What a call cost is never altered afterwards.
        restrict_table("gateway_llmcall", "SELECT, INSERT, DELETE")
        restrict_table("gateway_routeversion", "SELECT, INSERT, DELETE")
