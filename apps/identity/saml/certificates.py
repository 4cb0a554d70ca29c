"""Certificates of a provider: pinned one by one, each until its end, several at once for a roll-over."""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from django.utils import timezone

from apps.identity.saml.refusals import refuse

SMALLEST_RSA, MOST, MAX_TEXT = 2048, 6, 16 << 10
PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
# What the library says of what is none, or of one whose key or names it does not know.
UNREADABLE = (binascii.Error, ValueError, UnsupportedAlgorithm, x509.UnsupportedGeneralNameType)


@dataclass(frozen=True)
class Certificate:
    """One of the keys that a provider signs with."""

    pem: str
    fingerprint: str
    subject: str
    begins_at: datetime
    ends_at: datetime

    @property
    def is_over(self) -> bool:
        """Whether nothing that it signs is accepted any more."""
        return self.ends_at <= timezone.now()

    @property
    def days_left(self) -> int:
        """How many days it still counts."""
        return max(0, (self.ends_at - timezone.now()).days)

    @property
    def shown(self) -> str:
        """Its fingerprint as people compare it: the beginning and the end."""
        pairs = [self.fingerprint[i : i + 2].upper() for i in range(0, 64, 2)]
        return f"{':'.join(pairs[:4])}…{':'.join(pairs[-4:])}"


def read(text: str) -> Certificate:
    """Return the certificate that a text holds, in PEM or as bare base64. Raises AssertionRefused."""
    framed = PEM.search(text[:MAX_TEXT])
    try:
        der = base64.b64decode(
            "".join((framed[1] if framed else text[:MAX_TEXT]).split()), validate=True
        )
        found = x509.load_der_x509_certificate(der)
        key = found.public_key()
    except UNREADABLE as error:
        raise refuse("certificate", "This is not an X.509 certificate.") from error
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_RSA:
        raise refuse("certificate", "The certificate's key is not RSA of at least 2048 bits.")
    return Certificate(
        pem=found.public_bytes(Encoding.PEM).decode(),
        fingerprint=found.fingerprint(SHA256()).hex(),
        subject=found.subject.rfc4514_string()[:200],
        begins_at=found.not_valid_before_utc,
        ends_at=found.not_valid_after_utc,
    )


def known(pems: Iterable[str]) -> list[Certificate]:
    """Return what a connection holds, the one that ends last first."""
    return sorted(map(read, pems), key=lambda each: each.ends_at, reverse=True)


def counting(pems: Iterable[str]) -> list[Certificate]:
    """Return those whose signatures are accepted now."""
    return [each for each in known(pems) if not each.is_over]
