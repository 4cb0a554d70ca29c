"""Answering a run that stands still until a person has looked."""

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSON
from apps.dispatch import services as dispatch
from apps.runs import attention
from apps.runs.exceptions import BadSettlement, NothingToSettle
from apps.runs.models import Run
from apps.runs.services.steering import in_hand


@transaction.atomic
def settle_attention(
    run: Run, *, actor: User, choice: str, output: JSON = None, port: str = "", reason: str = ""
) -> Run:
    """Say what is true of the step that a run stands still at; the same run then goes on.

    `happened`: it succeeded, with this output and, where it has several, by this port; `again`: do
    it once more, under a new key; `fail`: it failed. The first answer counts. Raises
    NothingToSettle, BadSettlement, RunFinished, Forbidden.
    """
    policies.check(actor, "control", run)
    with in_hand(run) as ledger:
        offered = attention.choices_of(run)
        if ledger is None or not offered:
            raise NothingToSettle
        if choice not in offered:
            raise BadSettlement.at("choice", f"Choose one of: {', '.join(offered)}.")
        node = (run.error or {}).get("node")
        said = {"choice": choice, "node": node, "reason": reason}
        record("run.settled", actor=actor, target=run, after=said)
        ledger.note("run.settled", None, by=str(actor), **said)
        if choice == attention.HAPPENED:
            attention.it_happened(ledger, output, port)
        elif choice == attention.AGAIN:
            attention.run_again(ledger)
        else:
            why = f"{actor} decided that it failed."
            attention.it_failed(ledger, f"{why} {reason}".strip())
    dispatch.wake(run.pk)
    return run
