"""Forms of the platform's providers in the staff's console."""

from typing import Any

from django import forms

from apps.common.errors import DomainError
from apps.gateway.upstreams import keys, known_providers
from apps.grants.models import Grant, PlatformProvider

KNOWN = [(each.slug, each.name) for each in known_providers.every() if each.is_offered]


class PlatformProviderForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic at run time
    """A provider of the platform; its key goes in and never comes out."""

    litellm_provider = forms.ChoiceField(
        label="Provider", choices=[*KNOWN, (known_providers.OTHER, known_providers.ANY.name)]
    )
    base_url = forms.CharField(
        label="Address", required=False, max_length=500,
        help_text="Empty: where the provider answers everybody.",
    )  # fmt: skip
    key = forms.CharField(
        required=False, max_length=keys.MAX_KEY,
        widget=forms.PasswordInput({"autocomplete": "off", "class": "vTextField"}),
        help_text="Kept encrypted, sent to this address alone. Empty keeps the present one.",
    )  # fmt: skip

    class Meta:
        model = PlatformProvider
        fields = ("litellm_provider", "name", "base_url", "key", "default_model", "status")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show an address of no entry as such."""
        super().__init__(*args, **kwargs)
        if self.instance.name and not self.instance.litellm_provider:
            self.initial["litellm_provider"] = known_providers.OTHER

    def clean(self) -> dict[str, Any]:
        """Fill in what is known of the provider, and refuse what cannot be saved."""
        data = super().clean() or self.cleaned_data
        entry = known_providers.find(data.get("litellm_provider", "")) or known_providers.ANY
        address = data.get("base_url") or entry.address
        key = data.get("key", "")
        data["litellm_provider"] = "" if entry.slug == known_providers.OTHER else entry.slug
        self.instance.kind = entry.kind
        if not self.instance.slug:
            self.instance.slug = f"{entry.slug}-{self.instance.pk.hex[-6:]}"
            self.instance.capabilities = entry.capabilities
        try:
            data["base_url"] = keys.checked_address(address, with_key=bool(key))
            data["key"] = keys.checked_key(key) if key else ""
        except DomainError as error:
            for entry_ in error.errors:
                field = {"credential": "key"}.get(entry_["field"], entry_["field"])
                self.add_error(field, entry_["message"])
        return data


class GrantForm(forms.ModelForm):  # type: ignore[type-arg]  # the same
    """Which workspace may use a provider, and how much of it."""

    class Meta:
        model = Grant
        fields = ("provider", "tenant", "patterns", "tokens_a_day", "usd_a_month")
        help_texts = {
            "patterns": "Models separated by commas, such as gpt-5*. Empty: all of them.",
            "tokens_a_day": "In and out, until midnight UTC. Empty: no limit.",
            "usd_a_month": "At delivered prices. Models whose price is not known are then refused.",
        }
        labels = {"patterns": "Models"}

    def clean(self) -> dict[str, Any]:
        """Ask for a quota: nothing is lent without one."""
        data = super().clean() or self.cleaned_data
        if not data.get("tokens_a_day") and not data.get("usd_a_month") and not self.errors:
            self.add_error(None, "Give it a quota: tokens a day, dollars a month, or both.")
        return data
