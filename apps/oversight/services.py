"""Looking at entries of the trail, and having its chain verified."""

from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.models import AuditEntry, Link
from apps.audit.services import record
from apps.dispatch import chores
from apps.oversight import verifying
from apps.oversight.exceptions import VerificationRunning, VerifiedTooOften
from apps.oversight.models import Verification

MOST_AN_HOUR = 6


@transaction.atomic
def open_entry(entry_id: UUID, *, actor: User) -> AuditEntry:
    """Return an entry to be looked at. Raises NotFound.

    What it was before and after may be confidential: that somebody looked at it is told in the
    trail itself, once a request.
    """
    entry = policies.find(actor, AuditEntry.objects.all(), pk=entry_id)
    if entry.before or entry.after:
        record("audit.viewed", actor=actor, target=entry)
    return entry


def start_verification(*, actor: User) -> Verification:
    """Have the chain walked along from its beginning.

    Raises VerificationRunning, VerifiedTooOften, Forbidden.
    """
    policies.check(actor, "view", Verification)
    last = Link.objects.order_by("number").last()
    try:
        with transaction.atomic():
            job = Verification.objects.create(started_by=actor, total=last.number if last else 0)
            _check_pace(job)
            record("audit.verifying", actor=actor, target=job)
            chores.add(verifying.CHORE, [job.pk])
            return job
    except IntegrityError as error:
        raise VerificationRunning from error


def _check_pace(job: Verification) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    recent = Verification.objects.exclude(pk=job.pk).filter(created_at__gt=hour_ago)
    first = recent.order_by("-created_at")[MOST_AN_HOUR - 1 : MOST_AN_HOUR].first()
    if first is not None:
        left = first.created_at + timedelta(hours=1) - timezone.now()
        raise VerifiedTooOften(retry_after=max(1, int(left.total_seconds())))
