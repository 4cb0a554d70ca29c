"""What can go wrong with a sealed value."""

from apps.common.errors import DomainError


class CannotUnseal(DomainError):
    """A stored secret cannot be decrypted. Check that the master key is the one it was sealed with."""

    status, code = 500, "cannot_unseal"
