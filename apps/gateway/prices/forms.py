"""Forms of the pages of prices."""

from django import forms

from apps.common.types import JSONDict
from apps.gateway.models import ModelPrice

NUMBER = {"class": "mono", "inputmode": "decimal", "autocomplete": "off"}
MONO = {"class": "mono", "autocomplete": "off", "spellcheck": "false"}
FIGURES = [
    "input_usd", "output_usd", "cache_read_usd", "cache_write_usd", "reasoning_usd",
    "context_tokens", "answer_tokens", "retires_on",
]  # fmt: skip


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's is not generic
    """What a model costs from now on; dollars for a million tokens."""

    class Meta:
        model = ModelPrice
        fields = FIGURES
        labels = {
            "input_usd": "Tokens in", "output_usd": "Tokens out",
            "cache_read_usd": "Tokens read from a cache", "cache_write_usd": "Tokens kept in a cache",
            "reasoning_usd": "Tokens of reasoning", "context_tokens": "Longest prompt, in tokens",
            "answer_tokens": "Longest answer, in tokens", "retires_on": "Is retired on",
        }  # fmt: skip
        help_texts = {
            "input_usd": "Dollars for a million.",
            "cache_read_usd": "Where nothing is said, they cost like the others.",
        }
        widgets = {
            **{name: forms.TextInput(NUMBER) for name in FIGURES[:-1]},
            "retires_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        }

    def clean(self) -> JSONDict:
        """Refuse what is below nothing."""
        data = dict(super().clean() or {})
        for name in FIGURES[:-1]:
            if data.get(name) is not None and data[name] < 0:
                self.add_error(name, "Give zero or more.")
        return data


class NewPriceForm(PriceForm):
    """A price, and of which model it is."""

    class Meta(PriceForm.Meta):
        fields = ["provider", "model", *FIGURES]
        help_texts = {
            **PriceForm.Meta.help_texts,
            "provider": "Its short name here, or its host. A star stands for any signs.",
            "model": "As it is called at the provider. A star stands for any signs.",
        }
        widgets = {
            **PriceForm.Meta.widgets,
            "provider": forms.TextInput(MONO),
            "model": forms.TextInput(MONO),
        }
