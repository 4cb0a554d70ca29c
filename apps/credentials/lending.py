"""Lending a credential to a step: at the moment of its request, and to the egress client alone.

Each use is in the trail, once for a run: a step that calls ten thousand times says no more than
one that calls once.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.credentials.exceptions import (
    CredentialDisabled,
    CredentialForbidden,
    CredentialMissing,
)
from apps.credentials.models import CredentialUse, StoredCredential
from apps.credentials.services import values_of
from apps.egress.bound import Bound, parse_places

KEPT = timedelta(days=90)  # how long it is known which runs used one


@dataclass(frozen=True)
class Borrower:
    """A run. What is published is vouched for by who published it; a draft by who runs it."""

    run_id: UUID
    workflow_id: UUID
    actor: User | None
    is_vouched: bool


def lend(credential_id: str, borrower: Borrower) -> Bound:
    """Return a credential as the egress client sends it; the use is recorded.

    Raises CredentialMissing, CredentialDisabled, CredentialForbidden, CannotUnseal.
    """
    credential = find_stored(credential_id)
    if credential is None:
        raise CredentialMissing
    if not credential.is_active:
        raise CredentialDisabled(f"The credential “{credential}” is disabled.")
    if not borrower.is_vouched and not policies.allows(borrower.actor, "use", credential):
        raise CredentialForbidden(f"Whoever runs this draft may not use “{credential}”.")
    bound = bound_of(credential)
    _note(credential, borrower)
    return bound


def bound_of(credential: StoredCredential) -> Bound:
    """Return a credential with its hosts. Raises CannotUnseal."""
    values = values_of(credential)
    return Bound(
        credential.name, parse_places(credential.hosts), values.headers(), values.params(),
        tuple(values.secrets()),
    )  # fmt: skip


def find_stored(credential_id: str) -> StoredCredential | None:
    """Return the credential that a step names, whoever may see it."""
    try:
        wanted = UUID(credential_id)
    except ValueError:
        return None
    return StoredCredential.objects.select_related("folder").filter(pk=wanted).first()


def _note(credential: StoredCredential, borrower: Borrower) -> None:
    """Keep that this run uses it; what is known already costs one look."""
    if credential.uses.filter(run_id=borrower.run_id).exists():
        return
    now = timezone.now()
    try:
        with transaction.atomic():
            _keep(credential, borrower)
            where = {"workflow": borrower.workflow_id, "run": borrower.run_id}
            record("credential.used", actor=borrower.actor, target=credential, after=where)
            used = StoredCredential.objects.filter(pk=credential.pk)
            used.update(last_used_at=now, last_workflow_id=borrower.workflow_id)
            credential.uses.filter(created_at__lt=now - KEPT).delete()
    except IntegrityError:  # another step of the run was first
        return


def _keep(credential: StoredCredential, borrower: Borrower) -> None:
    CredentialUse.objects.create(
        credential=credential, run_id=borrower.run_id, workflow_id=borrower.workflow_id
    )
