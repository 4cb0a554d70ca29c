"""The breakers app."""

from django.apps import AppConfig


class BreakersConfig(AppConfig):
    """The page of the breakers that egress keeps. It has no tables."""

    name = "apps.breakers"

    def ready(self) -> None:
        from apps.breakers.counts import open_services
        from apps.breakers.metrics import BreakerCollector
        from apps.common.metrics import REGISTRY
        from apps.common.navigation import register_counter

        register_counter("breakers:list", open_services)
        REGISTRY.register(BreakerCollector())
