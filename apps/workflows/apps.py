"""The workflows app."""

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    """Definitions of work; what happens when they run is the business of `runs`."""

    name = "apps.workflows"

    def ready(self) -> None:
        from apps.accounts import belongings
        from apps.classification import uses as data_classes
        from apps.credentials.uses import register_users
        from apps.dispatch import chores
        from apps.gateway.budgets.subjects import register_workflows
        from apps.gateway.prompts.usage import register_user
        from apps.tenants.provisioning import restrict_table
        from apps.vault.resealing import register_column
        from apps.workflows import policies  # noqa: F401 - registers the policies
        from apps.workflows.credential_uses import CredentialUsers
        from apps.workflows.data_class_uses import DataClassUsers
        from apps.workflows.drafts import SETTLE
        from apps.workflows.handing_over import Workflows
        from apps.workflows.models import DataSet, Pin
        from apps.workflows.paying import BudgetedWorkflows
        from apps.workflows.prompting import uses_of
        from apps.workflows.tasks import settle

        # A tenant's own role may add and purge these rows, never alter them.
        restrict_table("workflows_workflowupdate", "SELECT, INSERT, DELETE")
        restrict_table("workflows_workflowversion", "SELECT, INSERT, DELETE")
        register_column(Pin, "sealed", lambda pin: pin.seal_context)
        register_column(DataSet, "sealed", lambda data_set: data_set.seal_context)
        belongings.register(Workflows())
        chores.register(SETTLE, chores.for_each(settle))
        register_workflows(BudgetedWorkflows())
        register_user(uses_of)
        register_users(CredentialUsers())
        data_classes.register(DataClassUsers())
