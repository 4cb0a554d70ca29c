"""What people show as a second factor: codes that are good once, and answers of their devices."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from django.core.cache import cache

USED_FOR = 120  # seconds, longer than a code can be valid: the library forgets after half a minute


class CodeForm(forms.AuthenticateForm):  # type: ignore[misc]
    """A code that somebody signs in with."""

    def clean_code(self) -> str:
        """Refuse the code that was used just before."""
        code: str = super().clean_code()
        if not cache.add(f"accounts.factor-code:{self.user.pk}:{code}", 1, timeout=USED_FOR):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeAgainForm(forms.ReauthenticateForm, CodeForm):  # type: ignore[misc]
    """A code by which somebody shows again that it is them."""


class _Asserted:
    """What a browser says that a device answered, however it is formed."""

    def clean_credential(self) -> Authenticator:
        with _formed():
            found: Authenticator = super().clean_credential()  # type: ignore[misc]
            return found


class PasskeyForm(_Asserted, webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey beside the password."""


class PasskeyAloneForm(_Asserted, webauthn.LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey in place of everything else."""


class PasskeyAgainForm(_Asserted, webauthn.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey by which somebody shows again that it is them."""


class NewPasskeyForm(webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """A passkey that a device made just now; it always asks who holds the device."""

    def clean(self) -> dict[str, Any]:
        with _formed():
            cleaned: dict[str, Any] = super().clean()
            return cleaned


@contextmanager
def _formed() -> Iterator[None]:
    """Refuse what is not formed as the standard says; the library expects its parts to be there."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise get_adapter().validation_error("incorrect_code") from error
