"""As many queries for an address that nobody has as for one that somebody has.

The sign-in library looks once more where it found nothing at first, and asks more about whom it
found. What it spares in the one case is asked here in vain, so that no time tells which it was.
"""

from allauth.account.models import EmailAddress

from apps.accounts.models import User

SPARED = {
    # the page that was asked, and the mail that follows from it
    ("account_request_login_code", "account/email/login_code"),
    ("account_reset_password", "account/email/unknown_account"),
}


def after_refusal(email: str) -> None:
    """Even out a password that did not fit."""
    if EmailAddress.objects.filter(email=email.strip().lower(), verified=True).exists():
        _look_in_vain(email)


def before_mail(page: str, template: str, email: str) -> None:
    """Even out the wish for a code, or for another password."""
    if (page, template) in SPARED:
        _look_in_vain(email)


def _look_in_vain(email: str) -> None:
    User.objects.filter(email=email.strip().lower()).first()
