"""What follows from events of the sign-in library."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.contrib.auth import update_session_auth_hash
from django.dispatch import receiver
from django.http import HttpRequest

from apps.accounts.models import User


@receiver(authenticator_added, dispatch_uid="accounts.count_set_up_as_shown")
def count_set_up_as_shown(
    request: HttpRequest, user: User, authenticator: Authenticator, **rest: Any
) -> None:
    """Let who just typed the app's first code on to the recovery codes without asking for another."""
    if authenticator.type == Authenticator.Type.TOTP:
        record_authentication(
            request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True
        )


@receiver(authenticator_added, dispatch_uid="accounts.end_other_sessions")
def end_other_sessions(
    request: HttpRequest, user: User, authenticator: Authenticator, **rest: Any
) -> None:
    """End the sessions that were opened without the factor: whoever has one has shown it."""
    if authenticator.type == Authenticator.Type.TOTP:
        user.session_epoch += 1
        user.save(update_fields=["session_epoch", "updated_at"])
        update_session_auth_hash(request, user)
