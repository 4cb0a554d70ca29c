"""What is looked at each day: metadata at an address are read anew, ends of certificates are told."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record
from apps.common.errors import DomainError
from apps.dispatch import chores
from apps.identity import telling
from apps.identity.models import Connection, SigningKey
from apps.identity.saml import certificates, metadata
from apps.identity.saml.metadata import Provider
from apps.identity.testing import fingerprint, is_tested

CHORE = "identity.look"
AGAIN = timedelta(days=1)
WARNED_DAYS = (30, 7, 1, 0)  # before the end


def look_soon(connection: Connection) -> None:
    """Have a connection looked at once this transaction is committed, and then each day."""
    chores.plan_now(CHORE, [connection.pk])


def look(subjects: Iterable[UUID]) -> None:
    """Look at connections; what is gone is looked at no more. Safe to do twice."""
    for subject in subjects:
        connection = Connection.objects.filter(pk=subject).first()
        if connection is None or not connection.is_saml:
            chores.done(CHORE, [subject])
            continue
        if connection.metadata_url:
            _refresh(connection)
        if connection.is_active:
            _warn(connection)
        chores.plan(CHORE, [subject], chores.now() + AGAIN)


def _refresh(connection: Connection) -> None:
    """Take over the certificates that the provider publishes today; tell when it does not answer.

    Its name and its sign-in page stay what was tested: those an owner changes, who is told.
    """
    try:
        found = metadata.read(metadata.fetch(connection.metadata_url))
        if found.issuer != connection.issuer:
            raise metadata.another(found.issuer, connection.issuer)
    except DomainError as error:
        if connection.is_active:
            day = timezone.now().date()
            telling.tell_of_metadata(connection, error.detail, key=f"{connection.pk}:{day:%Y-%W}")
        return
    if found.sso_url != connection.sso_url and connection.is_active:
        telling.tell_of_move(connection, found.sso_url)
    _take_over(connection, found)


@transaction.atomic
def _take_over(connection: Connection, found: Provider) -> None:
    locked = Connection.objects.select_for_update().get(pk=connection.pk)
    before = [each.fingerprint for each in certificates.known(locked.certificates)]
    after = [
        each.fingerprint for each in certificates.known(each.pem for each in found.certificates)
    ]
    if before == after:
        return
    was_tested = is_tested(locked)
    locked.certificates = [each.pem for each in found.certificates]
    if was_tested:  # what was tested is what the provider renews
        locked.tested = fingerprint(locked.proposed)
    locked.save(update_fields=["certificates", "tested", "updated_at"])
    connection.certificates = locked.certificates
    record(
        "connection.certificates_renewed", actor=None, target=connection,
        before={"certificates": before}, after={"certificates": after},
    )  # fmt: skip


def _warn(connection: Connection) -> None:
    """Tell owners of the day on which nobody could sign in any more, and of our own key's."""
    held = certificates.known(connection.certificates)
    if held:
        last = held[0]
        tell_at(
            last.ends_at,
            f"{connection.pk}:{last.fingerprint[:16]}",
            f"The certificate of {connection}",
        )
    for key in SigningKey.objects.filter(use=SigningKey.Use.NOW):
        tell_at(key.expires_at, f"ours:{key.pk}", "This workspace's own signing key")


def tell_at(ends_at: datetime, key: str, what: str, text: str = telling.SIGNED) -> None:
    """Tell once at each of the days, of several at once the nearest."""
    left = max(0, (ends_at - timezone.now()).days)
    steps = [days for days in WARNED_DAYS if days >= left]
    if steps:
        telling.tell_of_end(what, ends_at, key=f"{key}:{min(steps)}", text=text)
