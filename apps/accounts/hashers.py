"""Passwords that were hashed elsewhere."""

from typing import Any

import bcrypt
from django.contrib.auth.hashers import BCryptPasswordHasher

MOST_BYTES = 72  # which bcrypt looks at; what was made elsewhere was cut there


class ImportedBcryptHasher(BCryptPasswordHasher):
    """Hashes that other services made: the first sign-in makes our own of them, as they are not preferred."""

    def encode(self, password: str, salt: Any) -> str:
        """Return the hash of a password, cut as those who made the first one cut it."""
        hashed = bcrypt.hashpw(password.encode()[:MOST_BYTES], salt)
        return f"{self.algorithm}${hashed.decode('ascii')}"
