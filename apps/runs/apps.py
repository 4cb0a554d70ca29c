"""The runs app."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Carries runs to their end; `dispatch` says which one may go on now."""

    name = "apps.runs"

    def ready(self) -> None:
        from apps.accounts import belongings
        from apps.common.navigation import register_counter
        from apps.dispatch import chores
        from apps.dispatch.services import register_advance, register_end
        from apps.gateway import workflow_models
        from apps.gateway.playground.kept import register_keeper
        from apps.notifications import kinds
        from apps.runs import policies  # noqa: F401 - registers the policies
        from apps.runs.approvals import asking
        from apps.runs.approvals.handing_over import Approvals
        from apps.runs.as_model.workflows import WorkflowModels
        from apps.runs.engine import register_engine
        from apps.runs.interpreter.carrying import Tickets
        from apps.runs.last import last_run_of
        from apps.runs.leaving import SharedViews
        from apps.runs.models import Withheld
        from apps.runs.replaying import asked_by
        from apps.runs.services.steering import end_run
        from apps.runs.shown import approvals_shown, runs_shown
        from apps.runs.state.forgetting import FORGET
        from apps.runs.tasks import forget, ring
        from apps.runs.watching.counts import approvals_of, running_of
        from apps.tenants.provisioning import restrict_table
        from apps.vault import resealing
        from apps.workflows.history import register_last_run
        from apps.workflows.live_blocks import register_block

        resealing.register_column(Withheld, "sealed", lambda row: row.seal_context)
        belongings.register(Approvals())
        belongings.register(SharedViews())
        register_engine(Tickets())
        chores.register(FORGET, chores.for_each(forget))
        workflow_models.register(WorkflowModels())
        register_keeper(asked_by)
        register_advance(ring)
        register_end(end_run)
        kinds.register(*asking.KINDS)
        register_counter("runs:list", running_of)
        register_counter("runs:approvals", approvals_of)
        register_last_run(last_run_of)
        register_block("run_block", runs_shown)
        register_block("approval_block", approvals_shown)
        # Events are added and, with their run, removed; nothing rewrites what happened.
        restrict_table("runs_runevent", "SELECT, INSERT, DELETE")
