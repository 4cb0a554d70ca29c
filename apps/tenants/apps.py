"""The tenants app."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Tenant, Domain and what carries a tenant through the product."""

    name = "apps.tenants"
