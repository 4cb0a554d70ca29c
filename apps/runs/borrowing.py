"""Credentials for the steps of a run, at the moment of a request."""

from apps.credentials.exceptions import NotLent
from apps.credentials.lending import Borrower, lend
from apps.egress.bound import Bound
from apps.nodes.base import NodeError
from apps.runs.models import Run


def lent(credential_id: str, run: Run) -> Bound:
    """Return what a step of the run may have sent along. Raises NodeError.

    A version was published by somebody who may use it; of a draft that is asked of who runs it.
    """
    is_vouched = run.version.number is not None
    borrower = Borrower(run.pk, run.workflow_id, run.started_by, is_vouched)
    try:
        return lend(credential_id, borrower)
    except NotLent as error:
        raise NodeError(error.code, error.message, hint=error.hint) from error
