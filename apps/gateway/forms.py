"""Forms of the pages of providers."""

from django import forms

from apps.common.errors import DomainError
from apps.common.types import JSONDict
from apps.gateway.calls import TRANSLATED
from apps.gateway.models import MOST_CALLS

ANSWERS = [
    ("json_schema", "JSON that fits a schema"),
    ("json_object", "JSON, without a schema"),
    ("", "Text only"),
]
NEW_KINDS = [
    ("openai_compatible", "OpenAI, or any address that speaks its protocol"),
    *[(f"litellm:{name}", name.capitalize()) for name in TRANSLATED],
]
MONO = {"class": "mono", "spellcheck": "false", "autocomplete": "off"}


class ProviderForm(forms.Form):
    """What a provider needs beside its kind."""

    name = forms.CharField(max_length=120, help_text="How people here call it, such as “OpenAI”.")
    base_url = forms.CharField(
        label="Address",
        max_length=500,
        required=False,
        widget=forms.TextInput(MONO),
        help_text="It usually ends in /v1, such as https://api.openai.com/v1.",
    )
    credential = forms.CharField(
        label="Key",
        max_length=4096,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "off", "class": "mono"}),
        help_text="Kept encrypted, sent to this address only, and never shown again.",
    )
    default_model = forms.CharField(
        label="Model",
        max_length=200,
        required=False,
        widget=forms.TextInput(MONO),
        help_text="As the provider spells it, such as gpt-5-mini. The test asks this one.",
    )
    max_calls = forms.IntegerField(
        label="Calls at a time",
        required=False,
        min_value=1,
        max_value=MOST_CALLS,
        help_text="Steps above it wait for a free place. Empty: as many as come.",
    )
    answers = forms.ChoiceField(label="It can answer with", choices=ANSWERS, required=False)
    responses = forms.BooleanField(label="It offers OpenAI's Responses protocol", required=False)

    @property
    def values(self) -> JSONDict:
        """The cleaned values as the services take them; an empty key changes none."""
        data = dict(self.cleaned_data)
        wishes = (data.pop("answers"), "responses" if data.pop("responses") else "")
        data["capabilities"] = [each for each in wishes if each]
        if not data["credential"]:
            data.pop("credential")
        return data


class NewProviderForm(ProviderForm):
    """A provider to connect."""

    kind = forms.ChoiceField(label="Provider", choices=NEW_KINDS)
    keyless = forms.BooleanField(label="It needs no key", required=False)
    use = forms.BooleanField(label="Let the route “default” ask it first", required=False)
    field_order = ["kind", "name", "base_url", "credential", "default_model"]

    def clean(self) -> JSONDict:
        """Ask for what the kind needs."""
        data = super().clean() or self.cleaned_data
        translated = str(data.get("kind", "")).startswith("litellm:")
        if not translated and not data.get("base_url"):
            self.add_error("base_url", "Enter the provider's address.")
        if not data.get("credential") and (translated or not data.get("keyless")):
            self.add_error("credential", "Enter the key that the provider gave you.")
        if not data.get("default_model"):
            self.add_error("default_model", "Name a model to ask.")
        return data

    @property
    def values(self) -> JSONDict:
        """The cleaned values as the service takes them."""
        data = super().values
        data.pop("use")
        kind, _, dialect = data.pop("kind").partition(":")
        keyless = data.pop("keyless") and not data.get("credential")
        return {**data, "kind": kind, "litellm_provider": dialect, "needs_key": not keyless}


def blame(form: forms.Form, error: DomainError) -> None:
    """Show a refusal at the fields that it names, else above the form."""
    for entry in error.errors:
        field = entry["field"] if entry["field"] in form.fields else None
        form.add_error(field, entry["message"])
    if not error.errors:
        form.add_error(None, error.detail)
