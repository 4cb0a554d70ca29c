"""The audit app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Entries may be added and read by the tenant's own role, never changed or removed."""

    name = "apps.audit"

    def ready(self) -> None:
        from apps.tenants.provisioning import restrict_table

        for table in ("audit_entry", "audit_link", "audit_check"):
            restrict_table(table, "SELECT, INSERT")
