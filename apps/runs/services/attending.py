"""Answering a run that stands still until a person has looked."""

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.classification.veil import resolved, words
from apps.common.types import JSON
from apps.dispatch.models import Ticket
from apps.runs.engine import engine
from apps.runs.exceptions import BadSettlement, NothingToSettle
from apps.runs.interpreter import attention
from apps.runs.interpreter.folding import timer_key
from apps.runs.interpreter.ledger import Ledger, stored_of
from apps.runs.models import Run
from apps.runs.state import withholding


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
    with withholding.writing(run), engine().in_hand(run) as ledger:
        offered = attention.choices_of(run)
        if ledger is None or not offered:
            raise NothingToSettle
        if choice not in offered:
            raise BadSettlement.at("choice", f"Choose one of: {', '.join(offered)}.")
        reason = words(reason)
        said = {"choice": choice, "node": (run.error or {}).get("node"), "reason": reason}
        why = f"{actor} decided that it failed. {reason}".strip()
        answer = attention.answer(run, choice, resolved(output), port, why)
        record("run.settled", actor=actor, target=run, after=said)
        ledger.note("run.settled", None, by=str(actor), **said)
        if choice == attention.FAIL and (run.error or {}).get("code") == "unknown_version":
            error = {**(run.error or {}), "message": why, "hint": ""}
            ledger.finish(stored_of(run), Run.Status.FAILED, error=error)
            return run
        _keep(run, ledger, answer)
    engine().wake(run.pk)
    return run


def _keep(run: Run, ledger: Ledger, answer: dict[str, JSON]) -> None:
    """Keep the answer with the run, and give the run back to the workers."""
    error = run.error or {}
    if error.get("code") != "outcome_unknown":
        ledger.progress = True  # whatever killed the carriers so far is forgiven
    elif answer["choice"] == attention.AGAIN:
        known = run.generations
        ledger.changes["generations"] = {**known, error["node"]: known.get(error["node"], 0) + 1}
    if error.get("code") == "outcome_unknown" or answer["choice"] == attention.FAIL:
        ledger.changes["answers"] = {timer_key(error.get("frame", ""), error["node"] or ""): answer}
    ledger.changes |= {"error": None, "cache_key": ""}  # what a person made of it is not repeated
    ledger.release(
        stored_of(run),
        wake_seen=ledger.lease.wake,
        ticket=Ticket.Status.READY,
        status=Run.Status.QUEUED,
    )
