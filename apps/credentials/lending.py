"""Lending a credential to a step: at the moment of its request, and to the egress client alone.

Each use is in the trail, once for a run: a step that calls ten thousand times says no more than
one that calls once.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.credentials.exceptions import (
    BadCredential,
    CredentialDisabled,
    CredentialForbidden,
    CredentialMissing,
    NotFetched,
)
from apps.credentials.kinds import Kind
from apps.credentials.models import CredentialUse, StoredCredential
from apps.credentials.services import hidden_of
from apps.credentials.sources import environment, vault_kv
from apps.credentials.sources.references import EnvReference, reference_of
from apps.egress.bound import Bound, Place, parse_places

KEPT = timedelta(days=90)  # how long it is known which runs used one


@dataclass(frozen=True)
class Borrower:
    """A run. What is published is vouched for by who published it; a draft by who runs it."""

    run_id: UUID
    workflow_id: UUID
    actor: User | None
    is_vouched: bool


@dataclass(frozen=True)
class Loan:
    """A credential that is opened: `bound` sends it, once what is kept elsewhere is read."""

    name: str
    places: tuple[Place, ...]
    kind: type[Kind]
    settings: JSONDict
    hidden: JSONDict = field(repr=False)
    source: str = StoredCredential.Source.KEPT
    reference: JSONDict = field(default_factory=dict)

    async def bound(self) -> Bound:
        """Return it as the egress client sends it. Raises NotFetched."""
        hidden = self.hidden
        if self.reference:
            hidden = {self.kind.main: await self._fetched()}
        try:
            values = self.kind.of({**self.settings, **hidden})
        except BadCredential as error:
            raise NotFetched(
                f"What “{self.name}” refers to holds signs that cannot be sent."
            ) from error
        secrets = tuple(values.secrets())
        return Bound(self.name, self.places, values.headers(), values.params(), secrets)

    async def _fetched(self) -> str:
        named = reference_of({"source": self.source, **self.reference, **self.hidden})
        if isinstance(named, EnvReference):
            return environment.read(named.name, self.places)
        return await vault_kv.read(named)


def lend(credential_id: str, borrower: Borrower) -> Loan:
    """Return a credential, opened; the use is recorded.

    Raises CredentialMissing, CredentialDisabled, CredentialForbidden, CannotUnseal.
    """
    credential = find_stored(credential_id)
    if credential is None:
        raise CredentialMissing
    if not credential.is_active:
        raise CredentialDisabled(f"The credential “{credential}” is disabled.")
    if not borrower.is_vouched and not policies.allows(borrower.actor, "use", credential):
        raise CredentialForbidden(f"Whoever runs this draft may not use “{credential}”.")
    loan = opened(credential)
    _note(credential, borrower)
    return loan


def opened(credential: StoredCredential) -> Loan:
    """Return a credential with what is sealed in it. Raises CannotUnseal."""
    return Loan(
        credential.name, parse_places(credential.hosts), credential.shape, credential.settings,
        hidden_of(credential), credential.source, credential.reference,
    )  # fmt: skip


def find_stored(credential_id: str) -> StoredCredential | None:
    """Return the credential that a step names, whoever may see it."""
    try:
        wanted = UUID(credential_id)
    except ValueError:
        return None
    return StoredCredential.objects.select_related("folder").filter(pk=wanted).first()


def limits_calls() -> bool:
    """Tell whether there is a credential of which only so many calls may go on at a time."""
    return StoredCredential.objects.exclude(max_calls=None).exists()


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
