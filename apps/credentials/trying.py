"""Trying a credential: one request to an address that it is for, and what came of it in words."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from http import HTTPStatus

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.credentials.exceptions import BadCredential, CredentialDisabled, NotFetched
from apps.credentials.lending import Loan, opened
from apps.credentials.models import StoredCredential
from apps.egress import client as egress
from apps.egress.bound import Bound
from apps.egress.client import EgressResponse
from apps.egress.exceptions import EgressError

METHODS = ("GET", "HEAD")
PATIENCE_S, MOST_BYTES = 15.0, 1 << 20
REFUSED = frozenset({401, 403, 407})


@dataclass(frozen=True)
class Trial:
    """How a try went. `status` is 0 where no answer came."""

    ok: bool
    message: str
    status: int = 0
    elapsed_ms: int = 0


def try_credential(
    credential: StoredCredential, *, actor: User, url: str, method: str = "GET"
) -> Trial:
    """Make a request with it and say how it went; the body of the answer is not kept.

    Raises Forbidden, BadCredential for an address that is none.
    """
    policies.check(actor, "use", credential)
    if method not in METHODS:
        raise BadCredential.at("method", f"Choose one of: {', '.join(METHODS)}.")
    if not credential.is_active:
        raise BadCredential.at("url", CredentialDisabled(f"“{credential}” is disabled.").message)
    loan = opened(credential)
    # A loop of its own in a thread of its own: whatever loop the caller is served by goes on.
    with ThreadPoolExecutor(max_workers=1) as thread:
        trying = _try(loan, method, url.strip())
        trial = thread.submit(copy_context().run, asyncio.run, trying).result()
    _note(credential, actor, trial)
    return trial


async def _try(loan: Loan, method: str, url: str) -> Trial:
    try:
        return await _tried(await loan.bound(), method, url)
    except NotFetched as error:
        return Trial(False, error.message)
    finally:
        await egress.close()  # the connections of this short-lived loop


async def _tried(bound: Bound, method: str, url: str) -> Trial:
    try:
        answer = await egress.request(
            method, url, bound=bound, timeout_s=PATIENCE_S, max_bytes=MOST_BYTES
        )
        return _judged(answer, bound)
    except EgressError as error:
        return Trial(False, bound.masked(str(error)))


def _judged(answer: EgressResponse, bound: Bound) -> Trial:
    host, status = answer.url.split("/")[2], answer.status
    try:
        words = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        words = str(status)
    said = f"{host} answered {words} in {answer.elapsed_ms} ms."
    if status in REFUSED:
        said += " It did not accept the credential, or not for this address."
    elif status >= 400:
        said += " The credential was sent; the address may be another one."
    return Trial(status < 400, bound.masked(said), status, answer.elapsed_ms)


@transaction.atomic
def _note(credential: StoredCredential, actor: User, trial: Trial) -> None:
    result = AuditEntry.Result.OK if trial.ok else AuditEntry.Result.FAILED
    after = {"status": trial.status}
    record("credential.tested", actor=actor, target=credential, after=after, result=result)
