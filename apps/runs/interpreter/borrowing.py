"""Credentials for the steps of a run, at the moment of a request."""

from apps.credentials.exceptions import NotLent
from apps.credentials.lending import Borrower, Loan, lend
from apps.egress.bound import Bound
from apps.nodes.base import NodeError
from apps.runs.models import Run
from apps.tenants.database import query


async def borrowed(credential_id: str, run: Run) -> Bound:
    """Return what a step of the run may have sent along. Raises NodeError."""
    try:
        loan = await query(_lent, credential_id, run)
        return await loan.bound()
    except NotLent as error:
        raise NodeError(
            error.code, error.message, hint=error.hint, retryable=error.retryable
        ) from error


def _lent(credential_id: str, run: Run) -> Loan:
    """A version was published by somebody who may use it; of a draft that is asked of who runs it."""
    is_vouched = run.version.number is not None
    return lend(credential_id, Borrower(run.pk, run.workflow_id, run.started_by, is_vouched))
