"""Forms of the pages of providers."""

from typing import Any

from django import forms

from apps.common.types import JSONDict
from apps.gateway.forms import MONO
from apps.gateway.models import MOST_CALLS
from apps.gateway.upstreams import known_providers
from apps.gateway.upstreams.pools import MOST as MOST_PLACE

ANSWERS = [
    ("json_schema", "JSON that fits a schema"),
    ("json_object", "JSON, without a schema"),
    ("", "Text only"),
]


class ProviderForm(forms.Form):
    """What can be changed of a provider."""

    name = forms.CharField(max_length=120, help_text="How people here call it, such as “OpenAI”.")
    base_url = forms.CharField(
        label="Address",
        max_length=500,
        required=False,
        widget=forms.TextInput(MONO),
        help_text="It usually ends in /v1, such as https://api.openai.com/v1.",
    )
    default_model = forms.CharField(
        label="Model",
        max_length=200,
        required=False,
        widget=forms.TextInput({**MONO, "list": "models"}),
        help_text="As the provider spells it, such as gpt-5-mini. The test asks this one.",
    )
    max_calls = forms.IntegerField(
        label="Calls at a time",
        required=False,
        min_value=1,
        max_value=MOST_CALLS,
        help_text="Steps of workflows above it wait for a free place. Of programs each web process lets so many through; others go to the route's next target, or are told to try again. Empty: as many as come.",
    )
    answers = forms.ChoiceField(label="It can answer with", choices=ANSWERS, required=False)
    responses = forms.BooleanField(label="It offers OpenAI's Responses protocol", required=False)

    @property
    def values(self) -> JSONDict:
        """The cleaned values as the services take them."""
        data = dict(self.cleaned_data)
        wishes = (data.pop("answers"), "responses" if data.pop("responses") else "")
        return {**data, "capabilities": [each for each in wishes if each]}


class ConnectForm(ProviderForm):
    """What a provider that is known needs to be connected: often its key alone."""

    credential = forms.CharField(
        label="Key",
        max_length=4096,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "off", "class": "mono", "autofocus": True}),
        help_text="Kept encrypted, sent to this provider's address only, and never shown again.",
    )
    use = forms.BooleanField(required=False)

    def __init__(self, entry: known_providers.Entry, data: Any = None) -> None:
        """Fill in what is known of the entry."""
        models = entry.models
        first = {
            "name": entry.name if entry.slug != known_providers.OTHER else "",
            "base_url": entry.address,
            "default_model": models[0] if len(models) == 1 else "",
            "answers": entry.answers,
            "responses": "responses" in entry.offers,
            "use": True,
        }
        super().__init__(data, initial=first)
        self.entry = entry
        self.fields["base_url"].required = not entry.address
        if entry.example:
            self.fields["base_url"].help_text = f"It looks like {entry.example}"
        self.fields["default_model"].required = True
        self.fields["credential"].required = entry.key == known_providers.REQUIRED
        messages = {"credential": "Enter the key that the provider gave you.",
                    "base_url": "Enter the provider's address.",
                    "default_model": "Name a model to ask."}  # fmt: skip
        for name, message in messages.items():
            self.fields[name].error_messages["required"] = message

    @property
    def values(self) -> JSONDict:
        """The cleaned values as the service takes them."""
        data = super().values
        del data["use"]
        data["base_url"] = data["base_url"] or self.entry.address
        listed = "" if self.entry.slug == known_providers.OTHER else self.entry.slug
        needs_key = self.entry.key == known_providers.REQUIRED or bool(data["credential"])
        return {**data, "kind": self.entry.kind, "litellm_provider": listed, "needs_key": needs_key}


class KeyForm(forms.Form):
    """Where a key stands among the others of its provider."""

    label = forms.CharField(
        label="Name", max_length=80, required=False, help_text="Such as the account it belongs to."
    )
    order = forms.IntegerField(
        min_value=0, max_value=MOST_PLACE, initial=0,
        help_text="Those of the lowest order are used; the next where all of them are left alone.",
    )  # fmt: skip
    weight = forms.IntegerField(
        min_value=1, max_value=MOST_PLACE, initial=1,
        help_text="Of several in the same order, one of twice the weight is used twice as often.",
    )  # fmt: skip


class SecretForm(forms.Form):
    """A key's text, which is taken and never shown."""

    credential = forms.CharField(
        label="Key",
        max_length=4096,
        widget=forms.PasswordInput({"autocomplete": "off", "class": "mono"}),
        help_text="Kept encrypted, sent to this provider's address only, and never shown again.",
    )


class NewKeyForm(SecretForm, KeyForm):
    """One more key of a provider."""

    field_order = ["credential", "label", "order", "weight"]
