"""The form of what a SAML provider shows: its metadata, by address, as a file, or pasted."""

from typing import Any

from django import forms

from apps.common.types import JSONDict
from apps.identity.exceptions import SignInRefused
from apps.identity.forms import ClaimsForm, https_address
from apps.identity.saml import certificates, metadata
from apps.identity.saml.certificates import Certificate
from apps.identity.saml.metadata import MAX_BYTES, Provider

WAYS = ("metadata_url", "metadata_file", "metadata")


class SamlForm(ClaimsForm):
    """What a SAML provider tells of itself; one of the three ways is enough."""

    field_order = WAYS

    metadata_url = forms.CharField(
        max_length=1000, required=False, label="Address of the metadata",
        help_text="Best: it is read again each day, so that a renewed certificate is known in time.",
    )  # fmt: skip
    metadata_file = forms.FileField(required=False, label="Or a file")
    metadata = forms.CharField(
        max_length=MAX_BYTES, required=False, label="Or its text",
        widget=forms.Textarea({"rows": 4, "spellcheck": "false", "class": "mono"}),
    )  # fmt: skip

    def __init__(self, *args: Any, known: bool, **kwargs: Any) -> None:
        """Let the metadata be left out where some are `known`."""
        super().__init__(*args, **kwargs)
        self.found: Provider | None = None
        self._known = known

    def clean_metadata_url(self) -> str:
        """Refuse what may not be asked."""
        given = str(self.cleaned_data["metadata_url"]).strip()
        return https_address(given) if given else ""

    def clean(self) -> JSONDict:
        """Read the metadata, from wherever they are."""
        kept: JSONDict = super().clean() or {}
        given = [way for way in WAYS if kept.get(way)]
        unchanged = given == ["metadata_url"] and "metadata_url" not in self.changed_data
        if self.errors or unchanged or (self._known and not given):
            return kept
        # An address that stands there already does not stop a file from being newer.
        pasted = [way for way in given if way != "metadata_url"]
        if len(pasted) > 1 or not given:
            self.add_error("metadata_url", "Give the metadata in one of the three ways.")
            return kept
        way = (pasted or given)[0]
        try:
            self.found = metadata.read(_bytes(way, kept[way]))
        except SignInRefused as error:
            self.add_error(way, f"{error.detail} {error.hint}")
        return kept

    @property
    def changes(self) -> JSONDict:
        """What the service takes; without metadata what is known stays."""
        names = ("metadata_url", "email_claim", "name_claim", "groups_claim")
        kept: JSONDict = {name: self.cleaned_data[name] for name in names}
        if self.found is not None:
            kept |= {
                "issuer": self.found.issuer,
                "sso_url": self.found.sso_url,
                "certificates": [each.pem for each in self.found.certificates],
            }
        return kept


class CertificateForm(forms.Form):
    """A certificate that is accepted too."""

    certificate = forms.CharField(
        max_length=certificates.MAX_TEXT, label="Another certificate",
        widget=forms.Textarea({"rows": 3, "spellcheck": "false", "class": "mono"}),
        help_text="In PEM, before the provider signs with it. The present ones go on counting until you remove them.",
    )  # fmt: skip

    def clean_certificate(self) -> Certificate:
        """Read it; one that is over is a mistake."""
        try:
            found = certificates.read(self.cleaned_data["certificate"])
        except SignInRefused as error:
            raise forms.ValidationError(error.detail) from error
        if found.is_over:
            raise forms.ValidationError(f"It ended on {found.ends_at:%-d %b %Y}.")
        return found


def _bytes(way: str, given: Any) -> bytes:
    if way == "metadata_url":
        return metadata.fetch(given)
    if way == "metadata":
        return str(given).strip().encode()
    read: bytes = given.read(MAX_BYTES + 1)
    return read
