"""Forms of the RelayCore pages."""

from typing import Any

from django import forms

from apps.common.errors import DomainError
from apps.common.parsing import parse_json
from apps.common.types import JSONDict
from apps.gateway.calls import TRANSLATED
from apps.gateway.models import MOST_CALLS, ModelRoute, Provider
from apps.gateway.routes.versions import MAX_TARGETS

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

    @property
    def values(self) -> JSONDict:
        """The cleaned values as the services take them; an empty key changes none."""
        data = dict(self.cleaned_data)
        answers = data.pop("answers")
        data["capabilities"] = [answers] if answers else []
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


class RouteForm(forms.Form):
    """Name and purpose of a route."""

    alias = forms.CharField(
        label="Name",
        max_length=63,
        widget=forms.TextInput(MONO),
        help_text="Steps name it, so it cannot be changed later.",
    )
    description = forms.CharField(
        max_length=300, required=False, help_text="What it is for, in a few words."
    )

    def __init__(self, *args: Any, route: ModelRoute | None = None, **kwargs: Any) -> None:
        """Keep the name of a route that exists."""
        super().__init__(*args, **kwargs)
        if route is not None:
            del self.fields["alias"]


class TargetForm(forms.Form):
    """One target; without a provider the row does not count."""

    provider = forms.ChoiceField(required=False)
    model = forms.CharField(max_length=200, required=False, widget=forms.TextInput(MONO))
    params = forms.CharField(
        label="Parameters", max_length=2000, required=False, widget=forms.TextInput(MONO)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the providers."""
        super().__init__(*args, **kwargs)
        providers = [(each.slug, each.name) for each in Provider.objects.all()]
        field = self.fields["provider"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "No provider"), *providers]

    def clean_params(self) -> JSONDict:
        """Return the parameters of the JSON text."""
        text = self.cleaned_data["params"].strip()
        if not text:
            return {}
        try:
            value = parse_json(text.encode())
        except DomainError as error:
            raise forms.ValidationError(error.detail) from error
        if not isinstance(value, dict):
            raise forms.ValidationError('Write an object, such as {"temperature": 0.2}.')
        return value


TargetForms = forms.formset_factory(
    TargetForm, extra=2, max_num=MAX_TARGETS, absolute_max=MAX_TARGETS
)
