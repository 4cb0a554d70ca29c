"""The audit app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Entries may be added and read by the tenant's own role, never changed or removed."""

    name = "apps.audit"

    def ready(self) -> None:
        from apps.audit.chain import CONTEXT
        from apps.tenants.provisioning import restrict_table
        from apps.vault.signing import register_context

        register_context(CONTEXT)

        for table in ("audit_entry", "audit_link", "audit_check"):
            restrict_table(table, "SELECT, INSERT")
