"""The tenants app."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Tenant, Domain and what carries a tenant through the product."""

    name = "apps.tenants"

    def ready(self) -> None:
        from apps.common.health import register_check
        from apps.tenants import migrating

        register_check("migrations", migrating.is_up_to_date)
