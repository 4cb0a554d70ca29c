"""Forms of archives."""

from typing import Any

from django import forms

from apps.portability.sealing import SHORTEST

SECRET = {"autocomplete": "new-password", "spellcheck": "false"}


class ExportForm(forms.Form):
    """What goes into an archive beside what always does."""

    with_secrets = forms.BooleanField(
        required=False,
        label="With secrets",
        help_text="Values of credentials, providers' keys and webhooks' secrets, sealed with a passphrase.",
    )
    passphrase = forms.CharField(
        required=False,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs=SECRET),
        help_text=f"At least {SHORTEST} characters. Nobody can read the secrets without it, and it is kept nowhere.",
    )
    again = forms.CharField(
        required=False,
        max_length=200,
        strip=False,
        label="Passphrase again",
        widget=forms.PasswordInput(attrs=SECRET),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the passphrase where secrets are wished for, and there alone."""
        given = super().clean() or {}
        passphrase = given.get("passphrase", "")
        if not given.get("with_secrets"):
            if passphrase:
                self.add_error(
                    "with_secrets",
                    "Say that secrets are to go with it, or leave the passphrase out.",
                )
        elif len(passphrase) < SHORTEST:
            self.add_error("passphrase", f"Use at least {SHORTEST} characters.")
        elif passphrase != given.get("again"):
            self.add_error("again", "This is not the same passphrase.")
        return given


class FileForm(forms.Form):
    """An archive."""

    file = forms.FileField(
        label="Archive",
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"}),
        help_text="The ZIP that a workspace wrote under Archives.",
    )


class StartForm(forms.Form):
    """What opens the secrets in an archive."""

    passphrase = forms.CharField(
        required=False,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs=SECRET),
        help_text="Where the archive was written with secrets. Without it they are left out.",
    )
