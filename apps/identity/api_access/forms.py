"""Forms of the page on which a provider's tokens are let in to the API."""

from datetime import timedelta
from typing import Any

from django import forms

from apps.identity.forms import given_roles
from apps.identity.models import ApiAccess

LIVES = [("300", "5 minutes"), ("900", "15 minutes"), ("3600", "1 hour"), ("14400", "4 hours"), ("86400", "24 hours")]  # fmt: skip


class AccessForm(forms.Form):
    """What tokens must be, and the most that they bring."""

    is_on = forms.BooleanField(label="Accept its access tokens on the API", required=False)
    audiences = forms.CharField(
        label="Accepted audiences", required=False, max_length=6000,
        widget=forms.Textarea({"class": "mono", "rows": 2, "spellcheck": "false"}),
        help_text="One a line, as the provider writes it into aud. Never our client ID.",
    )  # fmt: skip
    claim = forms.CharField(
        label="Claim that rules go by", max_length=120, initial="scope",
        help_text="scope, roles, or a path such as realm_access.roles.",
    )  # fmt: skip
    longest = forms.ChoiceField(label="Longest life of a token", choices=LIVES, initial="3600")
    typed_only = forms.BooleanField(
        label="Only tokens that say they are access tokens (typ at+jwt)", required=False
    )
    cap = forms.ChoiceField(label="Bring at most", choices=given_roles)

    def __init__(self, data: Any = None, *, access: ApiAccess) -> None:
        """Show the settings as they are."""
        seconds = str(int(access.longest.total_seconds()))
        super().__init__(
            data,
            initial={
                "is_on": access.is_on,
                "audiences": "\n".join(access.audiences),
                "claim": access.claim,
                "longest": seconds,
                "typed_only": access.typed_only,
                "cap": access.cap.name,
            },
        )

    @property
    def values(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        data = dict(self.cleaned_data)
        data["audiences"] = data["audiences"].splitlines()
        return data | {"longest": timedelta(seconds=int(data["longest"]))}


class ScopeRuleForm(forms.Form):
    """A value and what tokens that carry it may do."""

    value = forms.CharField(max_length=250, label="Value")
    role = forms.ChoiceField(choices=given_roles, initial="viewer")


class ClientForm(forms.Form):
    """A program that comes with tokens."""

    name = forms.CharField(max_length=80, help_text="What it is, such as “Nightly export”.")
    subject = forms.CharField(max_length=255, label="Subject (sub)")
    client_id = forms.CharField(max_length=255, label="Client (azp or client_id)")
    role = forms.ChoiceField(choices=given_roles, initial="viewer")


class TrialForm(forms.Form):
    """A token to try."""

    token = forms.CharField(
        max_length=20_000, label="Access token",
        widget=forms.Textarea({"class": "mono", "rows": 3, "spellcheck": "false", "autocomplete": "off"}),
    )  # fmt: skip
