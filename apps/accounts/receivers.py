"""What follows from events of the sign-in library."""

from collections.abc import Mapping
from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
)
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts import duties, proof, services
from apps.accounts.models import User
from apps.accounts.session_store import BEGAN
from apps.audit.models import AuditEntry
from apps.audit.services import record

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
MOST_OF_ADDRESS = 254


@receiver(user_logged_in, dispatch_uid="accounts.begin_session")
def begin_session(request: HttpRequest, **rest: Any) -> None:
    """Count the session's whole life from here; whoever signs in has shown that it is them."""
    request.session[BEGAN] = timezone.now().isoformat()
    proof.renew(request.session)


@receiver(account.authentication_step_completed, dispatch_uid="accounts.renew_proof")
def renew_proof(request: HttpRequest, **rest: Any) -> None:
    """Take what somebody shows again while they are signed in as a fresh proof."""
    if rest.get("reauthenticated"):
        services.turn_key(request.session)
        proof.renew(request.session)


@receiver(user_login_failed, dispatch_uid="accounts.note_refusal")
def note_refusal(credentials: Mapping[str, Any], **rest: Any) -> None:
    """Write down that a password did not fit; the same for addresses that nobody has."""
    tried = str(credentials.get("email") or credentials.get("username") or "")
    told = {"email": tried[:MOST_OF_ADDRESS]}
    record("session.refused", actor=None, after=told, result=AuditEntry.Result.DENIED)


@receiver(authentication_failed, dispatch_uid="accounts.note_wrong_code")
def note_wrong_code(user: User, authenticator: Authenticator, **rest: Any) -> None:
    """Write down that the password fitted, or was not asked for, and the code did not."""
    told = {"type": authenticator.type}
    record("factor.refused", actor=None, target=user, after=told, result=AuditEntry.Result.DENIED)


@receiver(authenticator_added, dispatch_uid="accounts.count_set_up_as_shown")
def count_set_up_as_shown(
    request: HttpRequest, user: User, authenticator: Authenticator, **rest: Any
) -> None:
    """Let who just used a new factor on to the recovery codes without asking for it again."""
    if authenticator.type in FACTORS:
        record_authentication(
            request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True
        )


@receiver(authenticator_added, dispatch_uid="accounts.end_other_sessions")
def end_other_sessions(
    request: HttpRequest, user: User, authenticator: Authenticator, **rest: Any
) -> None:
    """End the sessions that were opened without the factor: whoever has one has shown it."""
    if authenticator.type in FACTORS:
        _end_others(request, user)
        request.session[duties.SHOWN] = True


@receiver(authenticator_removed, dispatch_uid="accounts.forget_factor")
def forget_factor(
    request: HttpRequest, user: User, authenticator: Authenticator, **rest: Any
) -> None:
    """Let no session go on as if the last factor had been shown, once there is none."""
    if not is_mfa_enabled(user, list(FACTORS)):
        _end_others(request, user)
        request.session[duties.SHOWN] = False


@receiver(post_save, sender=Authenticator, dispatch_uid="accounts.note_factor_added")
def note_factor_added(instance: Authenticator, created: bool, **rest: Any) -> None:
    """Write down that somebody has one more factor, with the row: the library tells later."""
    if created:
        record("factor.added", actor=_actor(), target=instance.user, after={"type": instance.type})


@receiver(post_delete, sender=Authenticator, dispatch_uid="accounts.note_factor_removed")
def note_factor_removed(instance: Authenticator, **rest: Any) -> None:
    """Write down that somebody has one factor less."""
    told = {"type": instance.type}
    record("factor.removed", actor=_actor(), target=instance.user, before=told)


def _actor() -> User | None:
    """Return who is signed in where this is done; None: the system, or a command of the operator."""
    user = getattr(context.request, "user", None)
    return user if isinstance(user, User) else None


def _end_others(request: HttpRequest, user: User) -> None:
    user.session_epoch += 1
    user.save(update_fields=["session_epoch", "updated_at"])
    update_session_auth_hash(request, user)


@receiver(account.password_changed, dispatch_uid="accounts.note_password_changed")
@receiver(account.password_set, dispatch_uid="accounts.note_password_set")
def note_password(user: User, **rest: Any) -> None:
    """Write down that somebody changed their password."""
    record("password.changed", actor=user, target=user)


@receiver(account.password_reset, dispatch_uid="accounts.note_reset")
def note_reset(user: User, **rest: Any) -> None:
    """Write down that somebody came by a link of a mail to another password."""
    record("password.reset", actor=user, target=user)


@receiver(account.email_changed, dispatch_uid="accounts.note_email")
def note_email(user: User, from_email_address: Any, to_email_address: Any, **rest: Any) -> None:
    """Write down that somebody goes by another address."""
    before = {"email": str(getattr(from_email_address, "email", ""))}
    after = {"email": str(to_email_address.email)}
    record("email.changed", actor=user, target=user, before=before, after=after)
