"""The retention app."""

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    """Deletes what is over its time, unless a hold keeps it; keeps the trail whole until then."""

    name = "apps.retention"

    def ready(self) -> None:
        from apps.audit.services import on_record
        from apps.dispatch import chores
        from apps.retention import policies, workers  # noqa: F401 - registers, goes round
        from apps.retention.holds import check_may_go
        from apps.retention.tasks import link_trail
        from apps.retention.trail import LINK, plan_link
        from apps.tenants.provisioning import restrict_table
        from apps.workflows.purging import register_check

        register_check(check_may_go)
        chores.register(LINK, chores.once(link_trail))
        on_record(plan_link)
        # Who held what, and what was deleted when, is told for ever.
        restrict_table("retention_legalhold", "SELECT, INSERT, UPDATE")
        restrict_table("retention_retentionjob", "SELECT, INSERT, UPDATE")
