"""What the forms of all pages of RelayCore share."""

import re
from typing import Any

from django import forms

from apps.common.errors import DomainError

MONO = {"class": "mono", "spellcheck": "false", "autocomplete": "off"}


class WordsField(forms.CharField):
    """Several words in one line or one on each, as a list."""

    def clean(self, value: Any) -> list[str]:
        return [each for each in re.split(r"[\s,]+", super().clean(value) or "") if each]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value


def blame(form: forms.Form, error: DomainError) -> None:
    """Show a refusal at the fields that it names, else above the form."""
    for entry in error.errors:
        field = entry["field"] if entry["field"] in form.fields else None
        form.add_error(field, entry["message"])
    if not error.errors:
        form.add_error(None, error.detail)
