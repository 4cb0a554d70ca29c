"""A second factor that was just set up: only the session in which it was shown goes on."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.contrib.auth import update_session_auth_hash
from django.dispatch import receiver
from django.http import HttpRequest

from apps.accounts.models import User


@receiver(authenticator_added, dispatch_uid="accounts.end_other_sessions")
def end_other_sessions(
    request: HttpRequest, user: User, authenticator: Authenticator, **rest: Any
) -> None:
    """End the sessions that were opened without the factor: whoever has one has shown it."""
    if authenticator.type == Authenticator.Type.TOTP:
        user.session_epoch += 1
        user.save(update_fields=["session_epoch", "updated_at"])
        update_session_auth_hash(request, user)
