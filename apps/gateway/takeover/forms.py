"""Forms for taking over a configuration: the file first, then the keys that it names."""

from collections.abc import Sequence
from typing import Any

from django import forms

from apps.gateway.forms import MONO
from apps.gateway.takeover.reading import MOST_BYTES


class ConfigForm(forms.Form):
    """A config.yaml, as a file or as text."""

    file = forms.FileField(label="config.yaml", required=False)
    text = forms.CharField(
        label="Or its text",
        required=False,
        max_length=MOST_BYTES,
        widget=forms.Textarea({**MONO, "rows": 10, "placeholder": "model_list:"}),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two, and read the file as text."""
        data = super().clean() or self.cleaned_data
        file = data.get("file")
        if file is not None:
            if file.size > MOST_BYTES:
                self.add_error("file", "It is larger than 256 KiB.")
                return data
            data["text"] = file.read().decode(errors="replace")
        if not (data.get("text") or "").strip():
            self.add_error("file", "Choose the file, or put its text below.")
        return data


class SecretsForm(forms.Form):
    """The values of variables that a configuration names, and whether its routes may replace others."""

    def __init__(self, variables: Sequence[str], data: Any = None) -> None:
        """Ask for each variable; a key may be left for later."""
        super().__init__(data)
        self.variables = variables
        for place, name in enumerate(variables):
            self.fields[f"secret-{place}"] = forms.CharField(
                label=name, required=False, max_length=4096,
                widget=forms.PasswordInput({"autocomplete": "off", "class": "mono"}),
            )  # fmt: skip
        self.fields["replace"] = forms.BooleanField(required=False)

    @property
    def secrets(self) -> list[forms.BoundField]:
        """The fields of the variables."""
        return [self[f"secret-{place}"] for place in range(len(self.variables))]

    @property
    def given(self) -> dict[str, str]:
        """The values by the variable's name."""
        return {
            name: self.cleaned_data[f"secret-{place}"] for place, name in enumerate(self.variables)
        }
