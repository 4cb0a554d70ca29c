"""What else is kept about runs, and must agree with them: costs (I8) and owners (I10)."""

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Sum

from apps.dispatch.models import Ticket, Timer
from apps.gateway.models import LlmCall
from apps.runs.models import NodeRun, Run
from apps.tenants.context import current_scope, public_scope


def costs(runs: Sequence[Run]) -> list[str]:
    """I8: a run cost what its steps cost; the ledger of model calls knows of no less."""
    found = []
    for run in runs:
        steps = NodeRun.objects.filter(run=run).aggregate(cost=Sum("cost_usd"), n=Sum("tokens"))
        asked = LlmCall.objects.of_run(run.pk).aggregate(cost=Sum("cost_usd"))
        cost, tokens = steps["cost"] or Decimal(0), steps["n"] or 0
        if (run.cost_usd, run.tokens) != (cost, tokens):
            found.append(f"I8 {run} cost {run.cost_usd}, its steps cost {cost}")
        if (asked["cost"] or Decimal(0)) < run.cost_usd:
            found.append(f"I8 {run} cost {run.cost_usd}, the ledger has {asked['cost']}")
    return found


def owners(runs: Sequence[Run]) -> list[str]:
    """I10: whatever belongs to a run belongs to its workspace, and to a run that there is."""
    role, found = current_scope().role, []
    with public_scope():  # the wall between workspaces would hide what is on its wrong side
        for kind, field in ((Ticket, "pk"), (Timer, "ticket_id")):
            rows = kind._default_manager.filter(**{f"{field}__in": [run.pk for run in runs]})
            found += [
                f"I10 {kind.__name__.lower()} of run {run} belongs to {owner}"
                for run, owner in rows.values_list(field, "role")
                if owner != role
            ]
    known = set(Run.objects.values_list("pk", flat=True))
    tickets = set(Ticket.objects.values_list("pk", flat=True))
    found += [f"I10 the ticket of {key} belongs to no run" for key in tickets - known]
    since = min((run.created_at for run in runs), default=None)
    calls = LlmCall.objects.exclude(run_id=None).filter(created_at__gte=since) if since else ()
    return found + [
        f"I10 a model call belongs to no run: {key}"
        for key in {call.run_id for call in calls} - known
    ]
