"""The dispatch app."""

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    """Its tables are shared, so that one sweep sees every workspace; rows are walled by role."""

    name = "apps.dispatch"

    def ready(self) -> None:
        from apps.dispatch import workers  # noqa: F401 - starts the sweeper with a worker
        from apps.tenants.provisioning import share_table

        for table in ("dispatch_ticket", "dispatch_timer", "dispatch_chore"):
            share_table(table, "SELECT, INSERT, UPDATE, DELETE")
