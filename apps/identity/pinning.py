"""Which certificates of a SAML provider are accepted: several at once while it changes them."""

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Conflict
from apps.identity.models import Connection
from apps.identity.saml import certificates
from apps.identity.saml.certificates import Certificate


class TooManyCertificates(Conflict):
    """Six certificates are accepted already. Remove one that is no longer used."""

    code = "too_many_certificates"


class LastCertificate(Conflict):
    """This is the last certificate that is valid: nobody could sign in any more."""

    code = "last_certificate"


@transaction.atomic
def pin(connection: Connection, certificate: Certificate, *, actor: User) -> None:
    """Accept what is signed with this certificate's key too. Raises TooManyCertificates."""
    policies.check(actor, "manage", connection)
    held = _held(connection)
    if certificate.fingerprint in held:
        return
    if len(held) >= certificates.MOST:
        raise TooManyCertificates
    _keep(connection, [*held.values(), certificate])
    told = {"certificate": certificate.fingerprint}
    record("connection.certificate_added", actor=actor, target=connection, after=told)


@transaction.atomic
def unpin(connection: Connection, fingerprint: str, *, actor: User) -> None:
    """Accept a certificate no more. Raises LastCertificate where people sign in with it."""
    policies.check(actor, "manage", connection)
    held = _held(connection)
    removed = held.pop(fingerprint, None)
    if removed is None:  # somebody else was first
        return
    if connection.is_active and not any(not each.is_over for each in held.values()):
        raise LastCertificate
    _keep(connection, list(held.values()))
    told = {"certificate": fingerprint}
    record("connection.certificate_removed", actor=actor, target=connection, before=told)


def _held(connection: Connection) -> dict[str, Certificate]:
    locked = Connection.objects.select_for_update().get(pk=connection.pk)
    connection.certificates = locked.certificates
    return {each.fingerprint: each for each in certificates.known(locked.certificates)}


def _keep(connection: Connection, those: list[Certificate]) -> None:
    connection.certificates = [each.pem for each in those]
    connection.save(update_fields=["certificates", "updated_at"])
