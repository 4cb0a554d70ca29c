"""From the public site into the new workspace: a token that signs its owner in once, right away.

Unlike a sign-in link it is never mailed and lives for a minute, so following it may sign in
without a further button.
"""

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing
from django.urls import reverse

from apps.accounts.models import User
from apps.onboarding.exceptions import ArrivalClosed
from apps.tenants.context import current_schema

LIFE_S = 60


class _ArrivalTokens(PasswordResetTokenGenerator):
    """Bound to the last sign-in: the first use ends the token."""

    key_salt = "onboarding.arrival"


_tokens = _ArrivalTokens()
_signer = signing.TimestampSigner(salt="onboarding.arrival")


def arrival_path(user: User) -> str:
    """Return the path, on the current workspace's site, that signs the user in."""
    token = signing.b64_encode(f"{current_schema()}:{user.pk}:{_tokens.make_token(user)}".encode())
    signed = _signer.sign(token.decode())
    return reverse("onboarding:arrive", args=[signed], urlconf="auterity.urls")


def user_arriving(signed: str) -> User:
    """Return whom a token signs in here. Raises ArrivalClosed."""
    try:
        token = signing.b64_decode(_signer.unsign(signed, max_age=LIFE_S).encode()).decode()
    except signing.BadSignature:
        raise ArrivalClosed from None
    schema, user_id, rest = token.split(":", 2)
    user: User | None = User.objects.filter(pk=user_id, is_active=True).first()
    if schema != current_schema() or user is None or not _tokens.check_token(user, rest):
        raise ArrivalClosed
    return user
