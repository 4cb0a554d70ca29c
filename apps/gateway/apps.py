"""The gateway app."""

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    """RelayCore: the one way from the product to a model."""

    name = "apps.gateway"

    def ready(self) -> None:
        from apps.gateway import (
            policies,  # noqa: F401 - registers the policies
            receivers,
            workers,  # noqa: F401 - starts the ledger's writer
        )
        from apps.tenants.provisioning import restrict_table

        receivers.connect()
        # What a call cost is never altered afterwards.
        restrict_table("gateway_llmcall", "SELECT, INSERT, DELETE")
