"""Links that let people in: to sign in once, made by the operator, and to accept an invitation."""

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from apps.accounts.models import User


class _LinkTokens(PasswordResetTokenGenerator):
    """Tokens bound to the last sign-in and the password: the first use ends them."""

    key_salt = "accounts.sign_in_link"


_tokens = _LinkTokens()


def sign_in_path(user: User) -> str:
    """Return the path of a link that signs the user in once, within a day."""
    uid = urlsafe_base64_encode(str(user.pk).encode())
    return reverse("accounts:link", args=[uid, _tokens.make_token(user)], urlconf="auterity.urls")


def user_of_link(uid: str, token: str, *, to_use: bool = False) -> User | None:
    """Return whom a link signs in; None for a link that was used, altered or is too old.

    Of several who use one at the same moment the first is let in: the others wait for the person's
    row until its transaction is over, and then see that it was used.
    """
    people = User.objects.select_for_update() if to_use else User.objects.all()
    try:
        user = people.filter(pk=urlsafe_base64_decode(uid).decode(), is_active=True).first()
    except (ValueError, ValidationError):  # no Base64, no UTF-8, or no id
        return None
    return user if user is not None and _tokens.check_token(user, token) else None


def invitation_link(request: HttpRequest) -> str:
    """Return the address, on the request's site, of the accepting page, with `{token}` in it."""
    marker = "0" * 8
    address = request.build_absolute_uri(reverse("accounts:accept", args=[marker]))
    return address.replace(marker, "{token}")
