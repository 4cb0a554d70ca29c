"""Passwords that came out of breaches, looked up where the operator names a service for it.

The service hears the first five of the forty letters of a SHA-1, which hundreds of passwords share,
and answers all endings it knows. SHA-1 names the password here, and vouches for nothing.
"""

import asyncio
import hashlib
import logging

from django.conf import settings
from django.core.exceptions import ValidationError

from apps.accounts.models import User
from apps.egress import client as egress
from apps.egress.exceptions import EgressError

logger = logging.getLogger(__name__)
TOLD = 5  # letters of the hash that leave the installation
PATIENCE_S = 3
MOST_BYTES = 1 << 20
OK = 200


class BreachedPasswords:
    """Refuses what the service knows; nobody is kept from a password because it is away."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError for a password that is in a breach."""
        address: str = settings.BREACHED_PASSWORDS_URL
        if address and is_known(address, password):
            raise ValidationError(self.get_help_text(), code="password_breached")

    def get_help_text(self) -> str:
        """Return what a password may not be."""
        return "This password came out of a breach of some service. Choose another one."


def is_known(address: str, password: str) -> bool:
    """Ask whether a password is known; where no answer comes, it is not."""
    name = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
    asked = egress.request(
        "GET", f"{address.rstrip('/')}/{name[:TOLD]}", headers={"Add-Padding": "true"},
        timeout_s=PATIENCE_S, max_bytes=MOST_BYTES, follow_redirects=False,
    )  # fmt: skip
    try:
        answer = asyncio.run(asked)
    except EgressError as error:
        logger.warning("A password is not compared with those of breaches: %s", error)
        return False
    if answer.status != OK:
        logger.warning("A password is not compared with those of breaches: %s", answer.status)
        return False
    return _ends(name[TOLD:], answer.body)


def _ends(ending: str, body: bytes) -> bool:
    """Tell whether an ending is among `ENDING:COUNT` lines; padding counts none."""
    for line in body.decode(errors="replace").splitlines():
        known, _, count = line.strip().partition(":")
        if known.upper() == ending and count != "0":
            return True
    return False
