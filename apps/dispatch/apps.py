"""The dispatch app."""

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    """Its tables are shared, so that one sweep sees every workspace; rows are walled by role."""

    name = "apps.dispatch"
    verbose_name = "Operations"

    def ready(self) -> None:
        from apps.common.health import register_check
        from apps.common.metrics import REGISTRY
        from apps.dispatch import (
            readiness,
            redis_transport,
            workers,  # noqa: F401 - starts the sweeper with a worker
        )
        from apps.dispatch.letters import bury
        from apps.dispatch.metrics import DispatchCollector
        from apps.tenants.provisioning import share_table
        from apps.tenants.tasks import register_refusal

        for name in ("ticket", "timer", "chore", "pass"):
            share_table(f"dispatch_{name}", "SELECT, INSERT, UPDATE, DELETE")
        # The gate reads what a workspace may take up, and whether there is room at all.
        share_table("dispatch_tenantload", "SELECT")
        share_table("dispatch_pulse", "SELECT", of_roles=False)
        register_refusal(lambda reason, task, given: bury(reason, task=task, body=given))
        redis_transport.register()
        register_check("broker", readiness.broker_answers)
        register_check("sweeper", readiness.sweeps, warns_only=True)
        REGISTRY.register(DispatchCollector())
