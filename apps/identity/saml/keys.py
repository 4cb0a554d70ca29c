"""Our own signing keys: one that signs, and before a roll-over the next, which providers learn first."""

import contextlib
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.db import IntegrityError, transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Conflict
from apps.identity.models import SigningKey
from apps.tenants.context import current_tenant

LIFE = timedelta(days=3 * 365)
BITS = 2048
DAY = timedelta(days=1)


class NoNextKey(Conflict):
    """Make the next key first, and let the providers learn it."""

    code = "no_next_key"


class HasNextKey(Conflict):
    """There is a next key already."""

    code = "has_next_key"


def present() -> SigningKey:
    """Return the key that signs now."""
    return SigningKey.objects.get(use=SigningKey.Use.NOW)


def published() -> list[SigningKey]:
    """Return those that our metadata show: the one that signs, then the next."""
    return list(SigningKey.objects.order_by("-use"))


def ensure(*, actor: User) -> None:
    """Make the first key of the workspace, unless there is one."""
    if SigningKey.objects.filter(use=SigningKey.Use.NOW).exists():
        return
    with contextlib.suppress(IntegrityError):  # somebody else was first
        _made(SigningKey.Use.NOW, actor=actor)


@transaction.atomic
def prepare(*, actor: User) -> SigningKey:
    """Make the next key and publish it; it does not sign yet. Raises HasNextKey."""
    policies.require(actor, "connection.manage")
    if SigningKey.objects.filter(use=SigningKey.Use.NEXT).exists():
        raise HasNextKey
    return _made(SigningKey.Use.NEXT, actor=actor)


@transaction.atomic
def switch(*, actor: User) -> SigningKey:
    """Sign with the next key from now on; the old one is forgotten. Raises NoNextKey."""
    policies.require(actor, "connection.manage")
    following = SigningKey.objects.select_for_update().filter(use=SigningKey.Use.NEXT).first()
    if following is None:
        raise NoNextKey
    SigningKey.objects.filter(use=SigningKey.Use.NOW).delete()
    following.use = SigningKey.Use.NOW
    following.save(update_fields=["use", "updated_at"])
    record("signing_key.switched", actor=actor, target=following)
    return following


@transaction.atomic
def _made(use: SigningKey.Use, *, actor: User) -> SigningKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    now = datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, current_tenant().name[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + LIFE)
        .sign(key, hashes.SHA256())
    )
    made = SigningKey(
        use=use,
        certificate=certificate.public_bytes(Encoding.PEM).decode(),
        expires_at=certificate.not_valid_after_utc,
    )
    made.private_key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    made.save(force_insert=True)
    record("signing_key.made", actor=actor, target=made, after={"use": use.value})
    return made
